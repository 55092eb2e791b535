import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatasetKind } from '../adapters/adapter';
import { readDataset } from '../reading/read-dataset';

/** What becomes of the rows of a file of JSON Lines; a row that is a text is a line as it stands. */
export async function readRows<K extends DatasetKind = 'supervised'>(
  rows: readonly unknown[],
  kind: K = 'supervised' as K,
  adapter?: string,
) {
  const folder = mkdtempSync(join(tmpdir(), 'rows-'));
  const path = join(folder, 'rows.jsonl');
  writeFileSync(path, rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'));
  try {
    return await readDataset(path, { kind, adapter });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A row of Alpaca that nothing is wrong with. */
export const goodRow = { instruction: 'Name a nut.', input: '', output: 'A walnut.' };
