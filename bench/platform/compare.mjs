import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../driver/interleave.mjs';

/** The same pipeline by the plain loops and through all services in one process. */
const WAYS = [
  { name: 'plain loops', command: (root) => ['run', join(root, 'examples', 'quickstart.yaml')] },
  { name: 'services', command: () => ['quickstart'] },
];
const MODELS = ['sft', 'reward', 'policy'];

/** What the platform costs: the quickstart through services against the plain loops, in turn; both must give the same bytes. */
export async function comparePlatform({ root, here, rounds, threads }) {
  const folder = mkdtempSync(join(tmpdir(), 'open-chatgpt-bench-'));
  try {
    const samples = WAYS.map(() => []);
    const hashes = new Set();
    for (let round = 0; round < rounds; round++) {
      for (const [i, way] of WAYS.entries()) {
        const out = join(folder, `${round}-${i}`);
        samples[i].push(runOnce(root, [...way.command(root), '--out', out], threads));
        hashes.add(hashOf(out));
        rmSync(out, { recursive: true });
        const { seconds, rssMb } = samples[i].at(-1);
        console.error(`round ${round + 1}, ${way.name}: ${seconds.toFixed(1)} s, ${rssMb} MB`);
      }
    }
    if (hashes.size !== 1) throw new Error('the two ways gave different models');
    const ways = WAYS.map(({ name }, i) => ({
      name,
      seconds: round(median(samples[i].map(({ seconds }) => seconds))),
      rssMb: Math.max(...samples[i].map(({ rssMb }) => rssMb)),
    }));
    const [plain, services] = ways;
    const turns = samples[0].map(({ seconds }, turn) => ({
      plainSeconds: round(seconds),
      servicesSeconds: round(samples[1][turn].seconds),
    }));
    const cost = round(services.seconds / plain.seconds - 1);
    const result = { case: 'platform', rounds, threads, ways, turns, cost };
    writeFileSync(join(here, 'results', 'platform.json'), `${JSON.stringify(result, null, 2)}\n`);
    console.table(ways.map(({ name, seconds, rssMb }) => ({ name, seconds, rssMb })));
    console.error(`platform: costs ${(100 * result.cost).toFixed(1)} % of the time; the models are the same`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One whole process: its time from start to end, and the peak of its memory as its report says. */
function runOnce(root, args, threads) {
  const started = performance.now();
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(root, 'apps/cli/bin/openchat.js'), ...args, '--json'],
    {
      cwd: root,
      env: { ...process.env, OPEN_CHATGPT_THREADS: String(threads) },
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    },
  );
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`openchat ${args.join(' ')} ended with ${status}:\n${stderr}`);
  const report = JSON.parse(readFileSync(join(args.at(-1), 'report.json'), 'utf8'));
  return { seconds, rssMb: Math.round(report.peakRssMb) };
}

function hashOf(out) {
  const hash = createHash('sha256');
  for (const model of MODELS) hash.update(readFileSync(join(out, 'models', model, 'model.safetensors')));
  return hash.digest('hex');
}

function round(value) {
  return Number(value.toPrecision(4));
}
