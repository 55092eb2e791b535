import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataref } from '@open-chatgpt/events';
import { type ObjectStore, publishFolder } from '@open-chatgpt/storage';

/** Publishes a folder with files of these names, with different contents each time. */
export async function publishFiles(
  store: ObjectStore,
  prefix: string,
  names: readonly string[],
): Promise<Dataref> {
  const source = mkdtempSync(join(tmpdir(), 'publish-'));
  try {
    for (const name of names) writeFileSync(join(source, name), `${source}/${name}`);
    return await publishFolder(store, prefix, source);
  } finally {
    rmSync(source, { recursive: true });
  }
}
