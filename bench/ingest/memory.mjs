import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from '../driver/worker.mjs';
import { makeRows } from './make-rows.mjs';
import { writeTokenizer } from './write-tokenizer.mjs';

/** Ingests a large file with cleaning and deduplication: the time it takes, and its peak memory. */
export async function measureMemory({ root, here, megabytes = 5000, folder: parent = tmpdir() }) {
  const folder = mkdtempSync(join(parent, 'open-chatgpt-bench-'));
  try {
    const file = join(folder, 'rows.jsonl');
    const { rows, bytes } = await makeRows(file, megabytes, root);
    console.error(`ingest-memory: ${rows} rows, ${Math.round(bytes / 1e6)} MB in ${file}`);
    const { path: tokenizer } = await writeTokenizer(folder);
    const options = { file, tokenizer, output: join(folder, 'ours'), maxLength: 1024, clean: true };
    const script = join(here, 'ours', 'ingest.mjs');
    const ours = await new Worker('ours', process.execPath, [script, JSON.stringify(options)]).ready();
    const { ms, rssMb, rows: kept, tokens, forgotten } = await ours.run();
    ours.quit();
    const seconds = Math.round(ms / 1000);
    const result = {
      case: 'ingest-memory',
      megabytes: Math.round(bytes / 1e6),
      cores: availableParallelism(),
      rows,
      kept,
      tokens,
      forgotten,
      seconds,
      rowsPerSecond: Math.round(rows / (ms / 1000)),
      megabytesPerSecond: Number((bytes / 1e3 / ms).toPrecision(3)),
      peakRssMb: Math.round(rssMb),
    };
    writeFileSync(join(here, 'results', 'ingest-memory.json'), `${JSON.stringify(result, null, 2)}\n`);
    console.table([result].map(({ forgotten: _, ...figures }) => figures));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
