#!/usr/bin/env node
/**
 * npm run bench -- <case> [--rounds 7] [--threads 2] [--only <name>]
 * Compares ours with torch: the same CPU, weights, threads and shapes, alternating in one run.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cases } from './cases.mjs';
import { measureCluster } from './cluster/compare.mjs';
import { interleave } from './driver/interleave.mjs';
import { pythonWithTorch } from './driver/python.mjs';
import { round } from './driver/statistics.mjs';
import { Worker } from './driver/worker.mjs';
import { compareEvents } from './events/compare.mjs';
import { compareIngestion } from './ingest/compare.mjs';
import { measureMemory } from './ingest/memory.mjs';
import { comparePlatform } from './platform/compare.mjs';
import { measureStructured } from './structured/measure.mjs';
import { measureCompileTimes } from './xla/compile-times.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '7' },
    threads: { type: 'string', default: String(availableParallelism()) },
    only: { type: 'string' },
    megabytes: { type: 'string' },
    folder: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});
/** Benchmarks of more than a kernel or a model; each measures and reports by itself. */
const others = {
  ingest: compareIngestion,
  'ingest-memory': measureMemory,
  platform: comparePlatform,
  events: compareEvents,
  cluster: measureCluster,
  structured: measureStructured,
};
/** A part of the case `xla`. */
const COMPILE_TIMES = 'compile-times';
const selected = cases[positionals[0]];
const other = others[positionals[0]];
if (values.help || !(selected || other)) {
  console.log(
    `usage: npm run bench -- ${Object.keys({ ...cases, ...others }).join(' | ')} [--rounds 7] [--threads N] [--only name]`,
  );
  console.log(
    '       ingest: [--megabytes 60]   ingest-memory: [--megabytes 5000] [--folder <with three times the room>]',
  );
  console.log('Each figure is a median over the rounds; results go to bench/results/. Use an idle machine.');
  process.exit(values.help ? 0 : 2);
}

if (other) {
  const { megabytes, folder } = values;
  const [rounds, threads] = [Number(values.rounds), Number(values.threads)];
  await other({
    root: join(here, '..'),
    here,
    rounds,
    threads,
    folder,
    megabytes: megabytes && Number(megabytes),
  });
  process.exit();
}
const chosen = selected.filter(({ name }) => !values.only || name === values.only);
const python = chosen.length > 0 && pythonWithTorch(join(here, '..'));
const rows = [];
for (const one of chosen) rows.push(await measure(one));
if (rows.length > 0) console.table(rows);
if (positionals[0] === 'xla' && (values.only ?? COMPILE_TIMES) === COMPILE_TIMES) measureCompileTimes(here);

async function measure({ name, shape, weights, ours, peers }) {
  const folder = mkdtempSync(join(tmpdir(), 'open-chatgpt-bench-'));
  const path = join(folder, 'model.safetensors');
  try {
    if (weights) runNode('write-weights.mjs', { ...weights, path });
    const input = ours.script === 'load.mjs' ? { file: path } : { weights: path };
    const onDevice = (name, { script, options, device = 'cpu' }) =>
      new Worker(
        name,
        process.execPath,
        [join(here, 'ours', script), JSON.stringify({ ...options, ...input })],
        {
          OPEN_CHATGPT_THREADS: values.threads,
          OPEN_CHATGPT_DEVICE: device,
        },
      );
    const mine = onDevice('ours', ours);
    await mine.ready();
    const theirs = [];
    for (const peer of peers) {
      // The same script on another device.
      if (peer.script === ours.script) {
        const other = onDevice(peer.name, peer);
        await other.ready();
        theirs.push(other);
        continue;
      }
      const file = ours.script === 'load.mjs' ? ['--file', path] : weights ? ['--weights', path] : [];
      const args = [
        join(here, 'peers', peer.script),
        ...peer.flags,
        ...file,
        '--threads',
        values.threads,
      ].map(String);
      theirs.push(await new Worker(peer.name, python, args).ready());
    }
    const { ours: us, peers: all, best } = await interleave(mine, theirs, Number(values.rounds));
    for (const worker of [mine, ...theirs]) worker.quit();
    const torch = theirs.find(({ info }) => info?.torch);
    const result = {
      case: name,
      shape,
      threads: Number(values.threads),
      rounds: Number(values.rounds),
      oursMs: round(us.ms),
      peer: best.name.startsWith('torch') ? `${best.name} ${torch.info.torch}` : best.name,
      peerMs: round(best.ms),
      ratio: round(best.ms / us.ms),
      oursRssMb: Math.round(us.rssMb),
      peerRssMb: Math.round(best.rssMb),
      peerImportedRssMb: Math.round(torch.info.importedRssMb),
      peers: all.map((peer) => ({ name: peer.name, ms: round(peer.ms), rssMb: Math.round(peer.rssMb) })),
    };
    writeFileSync(join(here, 'results', `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
    const { oursMs, peer, peerMs, ratio, oursRssMb, peerRssMb } = result;
    console.error(
      `${name}: ours ${oursMs} ms, ${peer} ${peerMs} ms, ${ratio} times its speed; ${oursRssMb} against ${peerRssMb} MB`,
    );
    return {
      case: name,
      oursMs,
      peer,
      peerMs,
      ratio,
      oursRssMb,
      peerRssMb,
      memory: round(oursRssMb / peerRssMb),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runNode(script, options) {
  const { status } = spawnSync(process.execPath, [join(here, 'ours', script), JSON.stringify(options)], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`bench/ours/${script} failed`);
}
