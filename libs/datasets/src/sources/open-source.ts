import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { HubOptions } from '@open-chatgpt/download';
import { checkListedName, isDataFile } from './data-files';
import { openHttp } from './http';
import { openHub } from './hub';
import { openLocal } from './local';
import type { Opener, Source } from './source';

export interface OpenOptions extends HubOptions {
  /** Whether files of this machine may be read. False where the name is untrusted. Default true. */
  allowLocal?: boolean;
  /** Openers of other schemes, such as `{ s3: … }`. */
  openers?: Record<string, Opener>;
}

const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;
const HUB_ID = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*(@[^/]+)?$/;

/**
 * Opens the source that a name stands for: a file or folder, an http(s) URL, `hf://owner/name[@revision][/path]` or just `owner/name`, or
 * a URI whose scheme is in `openers`. Lists the files; their bytes are fetched when they are read.
 * @throws Error that names the dataset, what is wrong and what to do
 */
export async function openSource(spec: string, options: OpenOptions = {}): Promise<Source> {
  const scheme = SCHEME.exec(spec)?.[1].toLowerCase();
  if (scheme === undefined) {
    const hub = HUB_ID.test(spec) && !isDataFile(spec);
    if (!hub || (options.allowLocal !== false && existsSync(spec))) return local(spec, options);
    return openHub(spec, options).catch((error: Error) => {
      throw new Error(`${error.message} (There is no file or folder "${spec}" here.)`, { cause: error });
    });
  }
  const opener = options.openers?.[scheme];
  if (opener) return checked(await opener(spec));
  if (scheme === 'http' || scheme === 'https') {
    if (!URL.canParse(spec)) throw new Error(`dataset "${spec}": this is no URL.`);
    return openHttp(spec, options);
  }
  if (scheme === 'hf') return openHub(spec, options);
  if (scheme === 'file') return local(fileURLToPath(spec), options);
  const known = ['http', 'https', 'hf', 'file', ...Object.keys(options.openers ?? {})];
  throw new Error(
    `dataset "${spec}": ${scheme}:// is not known here; expected a path, owner/name of a Hugging Face dataset, or one of ` +
      `${known.map((one) => `${one}://`).join(', ')}.${scheme === 's3' ? ' s3:// needs a configured object store.' : ''}`,
  );
}

function local(path: string, { allowLocal = true }: OpenOptions): Promise<Source> {
  if (allowLocal) return openLocal(path);
  throw new Error(`dataset "${path}": files of this machine are not read here. Upload it, or give a URL.`);
}

/** Object keys are untrusted names too. */
function checked(source: Source): Source {
  for (const { name } of source.files) checkListedName(source.name, name.replace(SCHEME, ''));
  return source;
}
