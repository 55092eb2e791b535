import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInSlices } from '../driver/in-slices.mjs';
import { median } from '../driver/interleave.mjs';

/** The same pipeline by the plain loops and through all services in one process. */
const WAYS = [
  { name: 'plain loops', command: (root) => ['run', join(root, 'examples', 'quickstart.yaml')] },
  { name: 'services', command: () => ['quickstart'] },
];
const MODELS = ['sft', 'reward', 'ppo'];

/**
 * What the platform costs: the quickstart through services against the plain loops, some seconds of the one and some
 * seconds of the other by turns, for machines drift by more than is to be measured; both must give the same bytes.
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
      // Who begins changes.
      if (round % 2 === 1) runs.reverse();
      const seconds = await runInSlices(runs.map((run) => nodeCommand(root, run, threads)));
      for (const [place, { i, out }] of runs.entries()) {
        samples[i].push({ seconds: seconds[place], rssMb: peakMb(out) });
        hashes.add(hashOf(out));
        rmSync(out, { recursive: true });
        console.error(`round ${round + 1}, ${WAYS[i].name}: ${seconds[place].toFixed(1)} s`);
      }
    }
    if (hashes.size !== 1) throw new Error('the two ways gave different models');
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

/** Of the process's memory, as its report says. */
function peakMb(out) {
  return Math.round(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')).peakRssMb);
}

function hashOf(out) {
  const hash = createHash('sha256');
  for (const model of MODELS) hash.update(readFileSync(join(out, 'models', model, 'model.safetensors')));
  return hash.digest('hex');
}

function round(value) {
  return Number(value.toPrecision(4));
}
