import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { cacheFolder } from '@open-chatgpt/cache';
import {
  currentFolder,
  fetchFolder,
  ObjectNotFoundError,
  type ObjectStore,
  openObjectStore,
  s3OptionsFromEnv,
} from '@open-chatgpt/storage';
import { UsageError } from '../exit-codes';
import { invocation } from '../terminal/invocation';

/** The store of a platform that `openchat up` started in the current folder. */
export const LOCAL_STORE = 'store';

/** Whether a text names a model in the store of a platform: `store:<id>`, or an address in S3. */
export const isPlatformModel = (source: string): boolean => /^(store:|s3:\/\/|file:\/\/)/.test(source);

/** Whether a text names a model in a store that is a folder: nothing is downloaded to read it. */
export const isStoredHere = (source: string, env = process.env): boolean =>
  source.startsWith('store:') && !env['OPEN_CHATGPT_STORE']?.startsWith('s3:');

/**
 * The local path of a model of a platform, verified, from the cache of this machine if it is there.
 *
 * @param source `store:<id>`, where the variable OPEN_CHATGPT_STORE names the store; `s3://…/models/<id>` or `file://…`; or the address of a
 *   manifest, `s3://…/models/<id>/<version>/manifest.json`
 * @throws UsageError that lists models with a like name, when there is none of this
 */
export async function fetchPlatformModel(source: string, env = process.env): Promise<string> {
  const cacheDir = join(cacheFolder('models'), 'platform');
  if (source.endsWith('/manifest.json')) {
    const [base, version, file] = cutAt(source, 2);
    const store = open(base, env);
    const text = await buffer(await store.get(`${version}/${file}`)).catch((error) => {
      if (!(error instanceof ObjectNotFoundError)) throw error;
      throw new UsageError(
        `${source}: there is no such manifest; the model was removed, or the store of the platform is on another machine`,
      );
    });
    const sha256 = createHash('sha256').update(text).digest('hex');
    return fetchFolder(store, { uri: source, sha256 }, cacheDir);
  }
  const [base, prefix] = placeOf(source, env);
  const store = open(base, env);
  const found = await currentFolder(store, prefix);
  if (!found) throw new UsageError(await describeMissing(source, store, prefix));
  const folder = await fetchFolder(store, found.manifest, cacheDir).catch((error) => {
    if (!(error instanceof ObjectNotFoundError)) throw error;
    throw new UsageError(`${source}: ${store.url} has only a part of it (${error.message}); import it again`);
  });
  return found.file === undefined ? folder : join(folder, found.file);
}

function placeOf(source: string, env: NodeJS.ProcessEnv): [store: string, prefix: string] {
  if (source.startsWith('store:'))
    return [env['OPEN_CHATGPT_STORE'] || LOCAL_STORE, `models/${source.slice('store:'.length)}`];
  const [base, id] = cutAt(source.endsWith('/') ? source.slice(0, -1) : source, 1);
  if (base.length > 's3://'.length) return [base, id];
  throw new UsageError(`${source}: expected s3://<bucket>/…/models/<id>`);
}

/** The address of a folder, and the last parts of a path in it. */
function cutAt(address: string, count: number): string[] {
  const parts = address.split('/');
  return [parts.slice(0, -count).join('/'), ...parts.slice(-count)];
}

const open = (url: string, env: NodeJS.ProcessEnv): ObjectStore =>
  openObjectStore(url, s3OptionsFromEnv(env));

/** Models whose name begins alike: a pipeline is the beginning of the names of what its stages made. */
async function describeMissing(source: string, store: ObjectStore, prefix: string): Promise<string> {
  const names = new Set<string>();
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  for await (const { key } of store.list(prefix)) {
    const name = key.slice(folder.length).split('/')[0];
    names.add(source.startsWith('store:') ? `store:${name}` : `${store.url}/${name}`);
    if (names.size === 5) break;
  }
  const like = names.size > 0 ? `; there are ${[...names].join(', ')}` : '';
  const where = source.startsWith('store:') ? '; OPEN_CHATGPT_STORE names the store of the platform' : '';
  return `${source}: ${store.url} has no such model${like || where}. ${invocation()} get models lists the models of a platform`;
}
