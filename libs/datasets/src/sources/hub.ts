import { byName, checkListedName, isDataFile } from './data-files';
import { Unreachable } from './http-errors';
import { HttpFailure, type HttpOptions, httpGet } from './http-get';
import { type HubSpec, parseHubSpec } from './hub-spec';
import type { Source, SourceFile } from './source';

export interface HubOptions extends HttpOptions {
  /** The hub or a mirror of it; by default HF_ENDPOINT, else https://huggingface.co. */
  hubUrl?: string;
  /** For data sets that are private or ask for consent; by default HF_TOKEN. */
  hubToken?: string;
}

const MAX_LISTING_BYTES = 64 * 2 ** 20;
const TRAIN = /(^|[/_.-])train(ing)?([/_.-]|$)/i;
const HELD_OUT = /(^|[/_.-])(test|valid|validation|val|dev|eval|evaluation)([/_.-]|$)/i;

/**
 * A data set of the Hugging Face hub: the data files at one commit, in stable order. Without a path, only those of the training split:
 * the ones whose path says "train", or where none does, all that do not say "test", "validation" or the like.
 * @throws Error saying what is wrong, and what to do without a connection
 */
export async function openHub(spec: string, options: HubOptions): Promise<Source> {
  const parsed = parseHubSpec(spec);
  const hub = new URL(options.hubUrl ?? process.env['HF_ENDPOINT'] ?? 'https://huggingface.co');
  const token = options.hubToken ?? process.env['HF_TOKEN'];
  const http: HttpOptions = { ...options, headers: token ? { authorization: `Bearer ${token}` } : {} };
  const name = `hf://${parsed.id}@${parsed.revision}${parsed.path && `/${parsed.path}`}`;
  if (process.env['HF_HUB_OFFLINE'] === '1') throw offline(name, hub, parsed, 'HF_HUB_OFFLINE=1 is set');
  const { commit, listed } = await listing(name, hub, parsed, http);
  const chosen = choose(listed, parsed.path);
  if (chosen.length === 0) {
    throw new Error(
      `data set ${name}: no data file there. It has ${
        listed
          .slice(0, 20)
          .map((file) => file.name)
          .join(', ') || 'no file'
      }.`,
    );
  }
  const files = chosen.map(({ name: path, size }): SourceFile => {
    const url = new URL(`datasets/${parsed.id}/resolve/${commit}/${encodePath(path)}`, base(hub));
    return {
      name: `hf://${parsed.id}@${commit.slice(0, 12)}/${path}`,
      size,
      open: () => explained(httpGet(url, http), name, hub, parsed),
    };
  });
  return { name, files, leftOut: listed.filter((file) => !chosen.includes(file)).map((file) => file.name) };
}

interface ListedFile {
  name: string;
  size?: number;
}

async function listing(
  name: string,
  hub: URL,
  { id, revision, path }: HubSpec,
  http: HttpOptions,
): Promise<{ commit: string; listed: ListedFile[] }> {
  const url = new URL(`api/datasets/${id}/revision/${encodeURIComponent(revision)}?blobs=true`, base(hub));
  const parts: Buffer[] = [];
  for await (const chunk of explained(httpGet(url, { ...http, maxBytes: MAX_LISTING_BYTES }), name, hub, {
    id,
    revision,
    path,
  })) {
    parts.push(chunk);
  }
  const wrong = () => new Error(`data set ${name}: ${hub.host} answered with something that is no listing.`);
  let answer: { sha?: unknown; siblings?: unknown };
  try {
    answer = JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    throw wrong();
  }
  const { sha, siblings } = answer ?? {};
  if (typeof sha !== 'string' || !/^[0-9a-f]{7,64}$/.test(sha) || !Array.isArray(siblings)) throw wrong();
  const listed = siblings.map((file): ListedFile => {
    if (typeof file?.rfilename !== 'string') throw wrong();
    return {
      name: checkListedName(name, file.rfilename),
      ...(typeof file.size === 'number' && { size: file.size }),
    };
  });
  return { commit: sha, listed: listed.sort(byName) };
}

function choose(listed: ListedFile[], path: string): ListedFile[] {
  if (path !== '') {
    const exact = listed.filter((file) => file.name === path);
    return exact.length > 0
      ? exact
      : listed.filter((file) => file.name.startsWith(`${path}/`) && isDataFile(file.name));
  }
  const data = listed.filter((file) => isDataFile(file.name));
  const train = data.filter((file) => TRAIN.test(file.name));
  return train.length > 0 ? train : data.filter((file) => !HELD_OUT.test(file.name));
}

/** As it comes, or with an error that says what it means at the hub. */
async function* explained(
  bytes: AsyncIterable<Buffer>,
  name: string,
  hub: URL,
  spec: HubSpec,
): AsyncGenerator<Buffer> {
  try {
    yield* bytes;
  } catch (error) {
    if (error instanceof Unreachable) throw offline(name, hub, spec, error.message, error);
    if (!(error instanceof HttpFailure)) throw error;
    if (error.status === 401 || error.status === 403) {
      throw new Error(
        `data set ${name}: ${hub.host} does not give it out (${error.status}): it is not there, private, or asks for consent. ` +
          `Check its name, accept its terms at ${page(hub, spec)}, and set HF_TOKEN.`,
      );
    }
    if (error.status === 404)
      throw new Error(`data set ${name}: ${hub.host} has no such data set, revision or file.`);
    throw new Error(`data set ${name}: ${hub.host} answered ${error.status}. Try again later.`, {
      cause: error,
    });
  }
}

function offline(name: string, hub: URL, spec: HubSpec, why: string, cause?: Error): Error {
  return new Error(
    `data set ${name}: ${hub.host} cannot be used from here (${why}). Without a connection: get the files from ${page(hub, spec)} on a ` +
      'machine that has one, bring them here, and name their path or folder instead; or set HF_ENDPOINT to a mirror.',
    { cause },
  );
}

const page = (hub: URL, { id, revision }: HubSpec) =>
  `${base(hub)}datasets/${id}/tree/${encodeURIComponent(revision)}`;
const base = (hub: URL) => hub.href.replace(/\/*$/, '/');
const encodePath = (path: string) => path.split('/').map(encodeURIComponent).join('/');
