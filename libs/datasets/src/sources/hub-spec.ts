/** The name of a dataset on the Hugging Face hub. */
export interface HubSpec {
  /** Such as "Anthropic/hh-rlhf"; old datasets have no owner. */
  id: string;
  revision: string;
  /** A file or folder of the repository; empty for all. */
  path: string;
}

const PART = /^[A-Za-z0-9][\w.-]*$/;

/**
 * Parses `hf://owner/name[@revision][/path]`, also with "datasets/" before the owner, or the plain `owner/name[@revision]`. A slash in the
 * revision is written as %2F, as in `@refs%2Fconvert%2Fparquet`.
 * @throws Error when the name has another form
 */
export function parseHubSpec(spec: string): HubSpec {
  const parts = spec
    .replace(/^hf:\/\//, '')
    .replace(/^datasets\//, '')
    .replace(/(?<!\/)\/+$/, '')
    .split('/');
  // The revision ends the name, which has one part (old) or two.
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
