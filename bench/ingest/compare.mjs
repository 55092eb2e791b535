import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonWithDatasets } from '../driver/python.mjs';
import { median, round } from '../driver/statistics.mjs';
import { Worker } from '../driver/worker.mjs';
import { makeRows } from './make-rows.mjs';
import { writeTokenizer } from './write-tokenizer.mjs';

const MAX_LENGTH = 1024;

/** Our ingestion against Hugging Face's `datasets` and `tokenizers`: the same file, tokenizer, template and packing. */
export async function compareIngestion({ root, here, rounds, threads, megabytes = 60 }) {
  const python = pythonWithDatasets(root);
  const folder = mkdtempSync(join(tmpdir(), 'open-chatgpt-bench-'));
  try {
    const file = join(folder, 'rows.jsonl');
    const made = await makeRows(file, megabytes, root);
    const { path: tokenizer, eos } = await writeTokenizer(folder);
    const options = { file, tokenizer, output: join(folder, 'ours'), maxLength: MAX_LENGTH };
    const env = { OPEN_CHATGPT_THREADS: String(threads), RAYON_NUM_THREADS: String(threads) };
    const script = join(here, 'ours', 'ingest.mjs');
    const ours = await new Worker('ours', process.execPath, [script, JSON.stringify(options)], env).ready();
    const peers = [];
    for (const parallel of ['threads', 'processes']) {
      const flags = ['--file', file, '--tokenizer', tokenizer, '--eos', eos, '--max-length', MAX_LENGTH];
      const args = [join(here, 'peers', 'ingest.py'), ...flags, '--threads', threads, '--parallel', parallel];
      peers.push(await new Worker(parallel, python, args.map(String)).ready());
    }
    const measured = await takeTurns([ours, ...peers], rounds);
    for (const worker of [ours, ...peers]) worker.quit();
    const [us, ...theirs] = measured;
    for (const { name, tokens } of theirs)
      if (tokens !== us.tokens)
        throw new Error(`${name}: found ${tokens} tokens, expected ${us.tokens}; the work is not the same`);
    const best = theirs.reduce((a, b) => (b.ms < a.ms ? b : a));
    const result = {
      case: 'ingest',
      megabytes: round(made.bytes / 1e6),
      rows: us.rows,
      tokens: us.tokens,
      threads,
      rounds,
      ours: us,
      peer: `${peers[0].info.versions} (${best.name})`,
      peers: theirs,
      ratio: round(best.ms / us.ms),
    };
    writeFileSync(join(here, 'results', 'ingest.json'), `${JSON.stringify(result, null, 2)}\n`);
    console.table(
      measured.map(({ name, rowsPerSecond, tokensPerSecond, ms, rssMb }) => ({
        name,
        ms,
        rowsPerSecond,
        tokensPerSecond,
        rssMb,
      })),
    );
    console.error(`ingest: ${result.ratio} times the speed of ${result.peer}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One step of each worker in turn; the first round is discarded. */
async function takeTurns(workers, rounds) {
  const all = workers.map(() => []);
  for (let turn = 0; turn <= rounds; turn++)
    for (const [i, worker] of workers.entries()) all[i].push(await worker.run());
  return workers.map(({ name }, i) => {
    const ms = median(all[i].slice(1).map((one) => one.ms));
    const { rows, tokens, rssMb } = all[i].at(-1);
    const perSecond = (count) => Math.round(count / (ms / 1000));
    return {
      name,
      ms: round(ms),
      rows,
      tokens,
      rowsPerSecond: perSecond(rows),
      tokensPerSecond: perSecond(tokens),
      rssMb: Math.round(rssMb),
    };
  });
}
