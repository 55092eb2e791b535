import { byName, isDataFile } from './data-files';
import type { Opener, Source, SourceFile } from './source';

/** The part of an object store that is needed to read datasets. */
export interface ReadableStore {
  /** Every object whose key starts with `prefix`. */
  list(prefix: string): AsyncIterable<{ key: string; size: number }>;
  get(key: string): Promise<AsyncIterable<Uint8Array>>;
}

const URI = /^[a-z][a-z0-9+.-]*:\/\/([^/]+)(?:\/(.*))?$/i;
const LAST_SLASHES = /(?<!\/)\/+$/;

/**
 * Opens `scheme://bucket/key`: an object, or all data files below a key. `open` returns the store of a bucket.
 * @throws Error when the URI is malformed, or has nothing to read; what the store throws
 */
export function objectOpener(open: (bucket: string) => ReadableStore): Opener {
  return async (spec) => {
    const [, bucket, path = ''] = URI.exec(spec) ?? [];
    const key = path.replace(LAST_SLASHES, '');
    if (bucket === undefined)
      throw new Error(`dataset "${spec}": expected a bucket and a key, as s3://bucket/folder/rows.jsonl.`);
    const store = open(bucket);
    const found: SourceFile[] = [];
    for await (const object of store.list(key)) {
      if (key !== '' && object.key !== key && !object.key.startsWith(`${key}/`)) continue;
      found.push({ name: object.key, size: object.size, open: () => bytesOf(store, object.key) });
    }
    return chosen(spec, key, found);
  };
}

function chosen(spec: string, key: string, found: readonly SourceFile[]): Source {
  const exact = found.filter(({ name }) => name === key);
  const read = exact.length > 0 ? exact : found.filter(({ name }) => isDataFile(name));
  if (read.length === 0) {
    const some = found.slice(0, 20).map(({ name }) => name);
    throw new Error(
      `dataset ${spec}: ${some.length > 0 ? `no data file there; it has ${some.join(', ')}.` : 'there is nothing. Check bucket and key.'}`,
    );
  }
  const left = found.filter((file) => !read.includes(file)).map(({ name }) => name);
  return { name: spec, files: [...read].sort(byName), leftOut: left };
}

async function* bytesOf(store: ReadableStore, key: string): AsyncGenerator<Uint8Array> {
  yield* await store.get(key);
}
