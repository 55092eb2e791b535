/** A dataset of the Hugging Face hub, as it is named. */
export interface HubSpec {
  /** As "Anthropic/hh-rlhf"; old ones have no owner. */
  id: string;
  revision: string;
  /** A file or folder in it; empty for all. */
  path: string;
}

const PART = /^[A-Za-z0-9][\w.-]*$/;

/**
 * Reads `hf://owner/name[@revision][/path]`, also with "datasets/" before the owner, or the plain `owner/name[@revision]`. A revision with
 * a slash is written with %2F, as in `@refs%2Fconvert%2Fparquet`.
 * @throws Error when it is not of this form
 */
export function parseHubSpec(spec: string): HubSpec {
  const parts = spec
    .replace(/^hf:\/\//, '')
    .replace(/^datasets\//, '')
    .replace(/\/+$/, '')
    .split('/');
  // The revision ends the name: of one part (old) or two.
  const named = parts[0].includes('@') ? 1 : Math.min(2, parts.length);
  const [id, revision = 'main', ...more] = parts.slice(0, named).join('/').split('@');
  const path = parts.slice(named);
  const valid =
    more.length === 0 &&
    id.split('/').every((part) => PART.test(part) && !part.includes('..')) &&
    revision !== '' &&
    path.every((part) => part !== '' && part !== '..' && part !== '.');
  if (!valid) {
    throw new Error(
      `dataset "${spec}": expected hf://owner/name, hf://owner/name@revision or hf://owner/name/path/in/it. ` +
        'A slash in the revision is written %2F.',
    );
  }
  return { id, revision: decodeRevision(spec, revision), path: path.join('/') };
}

function decodeRevision(spec: string, revision: string): string {
  try {
    return decodeURIComponent(revision);
  } catch {
    throw new Error(`dataset "${spec}": the revision "${revision}" is not well percent-encoded.`);
  }
}
