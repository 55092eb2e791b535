import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInSlices } from '../driver/in-slices.mjs';
import { median, round } from '../driver/statistics.mjs';

/** The same pipeline in the plain loops and through all services in one process. */
const WAYS = [
  { name: 'plain loops', command: (root) => ['run', join(root, 'examples', 'quickstart.yaml')] },
  { name: 'services', command: () => ['quickstart'] },
];
const MODELS = ['sft', 'reward', 'ppo'];

/**
 * The cost of the platform: the quickstart through services against the plain loops, in alternating slices of some seconds,
 * because the speed of a machine drifts by more than the difference. Both must give the same bytes.
 */
export async function comparePlatform({ root, here, rounds, threads }) {
  const folder = mkdtempSync(join(tmpdir(), 'open-chatgpt-bench-'));
  try {
    const samples = WAYS.map(() => []);
    const hashes = new Set();
    for (let round = 0; round < rounds; round++) {
      const runs = WAYS.map((way, i) => ({
        i,
        out: join(folder, `${round}-${i}`),
        command: way.command(root),
      }));
      // The order changes, so that neither is always first.
      if (round % 2 === 1) runs.reverse();
      const seconds = await runInSlices(runs.map((run) => nodeCommand(root, run, threads)));
      for (const [place, { i, out }] of runs.entries()) {
        samples[i].push({ seconds: seconds[place], rssMb: peakMb(out) });
        hashes.add(hashOf(out));
        rmSync(out, { recursive: true });
        console.error(`round ${round + 1}, ${WAYS[i].name}: ${seconds[place].toFixed(1)} s`);
      }
    }
    if (hashes.size !== 1) throw new Error('the plain loops and the services gave different models');
    const ways = WAYS.map(({ name }, i) => ({
      name,
      seconds: round(median(samples[i].map(({ seconds }) => seconds))),
      rssMb: Math.max(...samples[i].map(({ rssMb }) => rssMb)),
    }));
    const turns = samples[0].map(({ seconds }, turn) => ({
      plainSeconds: round(seconds),
      servicesSeconds: round(samples[1][turn].seconds),
    }));
    const ratios = turns.map(({ plainSeconds, servicesSeconds }) => servicesSeconds / plainSeconds);
    const cost = round(median(ratios) - 1);
    const result = { case: 'platform', rounds, threads, ways, turns, cost };
    writeFileSync(join(here, 'results', 'platform.json'), `${JSON.stringify(result, null, 2)}\n`);
    console.table(ways.map(({ name, seconds, rssMb }) => ({ name, seconds, rssMb })));
    console.error(`platform: costs ${(100 * result.cost).toFixed(1)} % of the time; the models are the same`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function nodeCommand(root, { out, command }, threads) {
  return {
    args: [join(root, 'apps/cli/bin/openchat.js'), ...command, '--out', out, '--json'],
    cwd: root,
    env: { ...process.env, OPEN_CHATGPT_THREADS: String(threads) },
  };
}

/** The peak memory that the report of a run gives. */
function peakMb(out) {
  return Math.round(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')).peakRssMb);
}

function hashOf(out) {
  const hash = createHash('sha256');
  for (const model of MODELS) hash.update(readFileSync(join(out, 'models', model, 'model.safetensors')));
  return hash.digest('hex');
}
