import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Dataref } from '@open-chatgpt/events';
import { checkKey, type ObjectStore } from '@open-chatgpt/storage';
import { z } from 'zod';

const manifestSchema = z.object({
  files: z.array(z.object({ path: z.string(), size: z.number(), sha256: z.string() })),
});

/** Where models lie that stages hand on: folders in the object store, each visible by its manifest. */
export interface ModelStore {
  /** A folder of this machine with the model's files, fetched and verified unless they are at hand. */
  fetch(manifest: Dataref): Promise<string>;
  /** Stores a folder below `prefix`. @returns its manifest, which is written last */
  store(prefix: string, folder: string): Promise<Dataref>;
}

/** @param cacheDir where fetched models are kept, each under the hash of its manifest */
export function createModelStore(store: ObjectStore, cacheDir: string): ModelStore {
  const base = store.url.endsWith('/') ? store.url : `${store.url}/`;
  return {
    async store(prefix, folder) {
      const files = [];
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const file = join(entry.parentPath, entry.name);
        const path = relative(folder, file).split(sep).join('/');
        await store.put(`${prefix}/${path}`, createReadStream(file));
        files.push({ path, size: (await stat(file)).size, sha256: await hashFile(file) });
      }
      files.sort((a, b) => (a.path < b.path ? -1 : 1));
      const text = Buffer.from(`${JSON.stringify({ files }, null, 2)}\n`);
      const sha256 = createHash('sha256').update(text).digest('hex');
      // Under its own hash: a model stored again leaves the manifest that others were told of as it was.
      const key = `${prefix}/manifest-${sha256.slice(0, 16)}.json`;
      await store.put(key, text);
      return { uri: `${base}${key}`, sha256, size: text.length, version: sha256.slice(0, 16) };
    },

    async fetch({ uri, sha256 }) {
      const target = join(cacheDir, sha256);
      if (existsSync(target)) return target;
      if (!uri.startsWith(base)) throw new Error(`${uri} does not lie in the store ${store.url}`);
      const key = uri.slice(base.length);
      const { files } = manifestSchema.parse(
        JSON.parse(String(await buffer(await store.get(key, { sha256 })))),
      );
      const fetching = `${target}.${process.pid}.fetching`;
      for (const file of files) {
        checkKey(file.path);
        const local = join(fetching, file.path);
        await mkdir(dirname(local), { recursive: true });
        const stream = await store.get(`${dirname(key)}/${file.path}`, { sha256: file.sha256 });
        await pipeline(stream, createWriteStream(local));
      }
      await rename(fetching, target).catch(async (error) => {
        await rm(fetching, { recursive: true, force: true });
        // Another worker of this machine was faster: the same content.
        if (!existsSync(target)) throw error;
      });
      return target;
    },
  };
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}
