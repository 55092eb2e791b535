import { rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The folder of one rank of a run. It is emptied, so that all ranks begin from the same checkpoint: that of the store, and not
 * a newer one that only one of them still has.
 */
export function emptyFolderOf({ ranksDir }: { ranksDir: string }, runId: string, rank: number): string {
  const folder = join(ranksDir, runId, String(rank));
  rmSync(folder, { recursive: true, force: true });
  return folder;
}
