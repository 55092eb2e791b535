#!/usr/bin/env node
/**
 * Injects faults into a running platform and checks that nothing is lost. Kafka and the S3 server are real, and each service
 * is a process. Each scenario trains whole pipelines; their losses, weights and ledger must equal those of a pipeline without
 * faults. Prints a table. The exit code is 1 when a scenario failed.
 *
 *   node tools/faults/run.mjs [--only kill,broker] [--times 10] [--seed 1]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startCluster } from './cluster.mjs';
import { differences, missingPoints, submit, untilEnded } from './pipeline.mjs';
import { scenarios } from './scenarios/index.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(scenarios).join(',') },
    times: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});
const names = values.only.split(',');
const unknown = names.filter((name) => !scenarios[name]);
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`faults: there is no scenario "${unknown.join(', ')}"`);
  console.log(
    'usage: node tools/faults/run.mjs [--only a,b] [--times 10] [--seed 1] [--json file]\nscenarios:',
  );
  for (const [name, { title }] of Object.entries(scenarios)) console.log(`  ${name.padEnd(12)} ${title}`);
  process.exit(values.help ? 0 : 2);
}

console.error('faults: starting Kafka, S3 and the services');
const cluster = await startCluster();
const rows = [];
try {
  const undisturbed = await untilEnded(cluster, await submit(cluster));
  if (undisturbed.status !== 'completed')
    throw new Error(`the undisturbed pipeline ${undisturbed.status}: ${undisturbed.problem}`);
  console.error(`faults: a pipeline without faults takes ${undisturbed.seconds.toFixed(1)} s`);
  for (const name of names) {
    const { title, rounds, inject } = scenarios[name];
    for (let round = 1; round <= (rounds ? Number(values.times) : 1); round++) {
      const seed = Number(values.seed) * 1000 + round;
      const row = await attempt(name, title, () => inject(cluster, { seed, undisturbed }), undisturbed);
      rows.push(row);
      console.error(`faults: ${name} ${round}: ${row.result} (${row.seconds} s; ${row.injected})`);
    }
  }
} finally {
  await cluster.stop();
}
console.table(rows);
if (values.json) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
process.exitCode = rows.every(({ result }) => result === 'as undisturbed') ? 0 : 1;

/** One pipeline under one fault, as a row of the table. */
async function attempt(fault, title, inject, undisturbed) {
  try {
    const { outcome, injected, problem } = await inject();
    const result = problem ?? differences(undisturbed, outcome) ?? 'as undisturbed';
    const { generated, trained, dropped } = outcome.ledger;
    return {
      fault,
      seconds: Math.round(outcome.seconds),
      injected,
      generated,
      trained,
      dropped,
      missingPoints: missingPoints(undisturbed, outcome),
      result,
    };
  } catch (error) {
    return { fault, seconds: 0, injected: title, result: `failed: ${error.message}` };
  }
}
