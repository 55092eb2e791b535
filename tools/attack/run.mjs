#!/usr/bin/env node
/** Sends hostile inputs to each part of the product that reads what others write; README.md says which, and what is right. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { randomOf } from '../faults/random.mjs';
import { AttackedSurface, MOST_MEGABYTES, MOST_SECONDS } from './attacked-surface.mjs';
import { mutate, pick } from './hostile.mjs';

/** The share of the inputs that each surface gets. */
const SURFACES = { configuration: 4, data: 5, templates: 4, models: 3, events: 4, api: 3 };
const MOST_KEPT = 20;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(SURFACES).join(',') },
    inputs: { type: 'string', default: '23000' },
    seed: { type: 'string', default: '1' },
    failures: { type: 'string', default: 'attack-failures' },
    help: { type: 'boolean', short: 'h' },
  },
});
const names = values.only.split(',');
const unknown = names.filter((name) => !(name in SURFACES));
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`attack: there is no surface "${unknown.join(', ')}"`);
  console.log(
    `usage: npm run attack -- [--only ${Object.keys(SURFACES).join(',')}] [--inputs 23000] [--seed 1] [--failures FOLDER]\n` +
      `An input that costs more than ${MOST_SECONDS} s of CPU time or ${MOST_MEGABYTES} MB, or ends in an internal error, is kept in FOLDER.`,
  );
  process.exit(values.help ? 0 : 2);
}

const shares = names.reduce((sum, name) => sum + SURFACES[name], 0);
const rows = [];
for (const name of names) rows.push(await attack(name, Math.ceil((values.inputs * SURFACES[name]) / shares)));
console.table(Object.fromEntries(rows));
const failed = rows.reduce((sum, [, { violations }]) => sum + violations, 0);
const sent = rows.reduce((sum, [, { inputs }]) => sum + inputs, 0);
console.log(`attack: ${sent} inputs, ${failed} violations (seed ${values.seed})`);
process.exitCode = failed > 0 ? 1 : 0;

/** @returns the name and the row of the table */
async function attack(name, inputs) {
  const surface = new AttackedSurface(new URL(`surfaces/${name}.mjs`, import.meta.url).href);
  const random = randomOf(Number(values.seed));
  const { seeds, hostile } = await surface.start();
  const known = [...seeds, ...hostile];
  const bar = new SingleBar({
    format: `attack ${name.padEnd(13)} {bar} {value}/{total}  {rate}/s, {eta_formatted} left`,
    noTTYOutput: true,
    notTTYSchedule: 30_000,
    etaBuffer: 500,
  });
  const row = { inputs: 0, accepted: 0, refused: 0, violations: 0, slowest: 0, largest: 0 };
  const start = Date.now();
  bar.start(inputs, 0, { rate: '…' });
  try {
    for (; row.inputs < inputs; row.inputs++) {
      const input = known[row.inputs] ?? mutate(pick(seeds, random), random);
      const { kind, seconds, megabytes, violation, message } = await surface.attack(input);
      const refusedSeed = row.inputs < seeds.length && kind === 'refused';
      if (refusedSeed) keep(name, row, input, `a valid input is refused: ${message}`);
      if (kind === 'accepted' || kind === 'refused') row[kind]++;
      row.slowest = Math.max(row.slowest, seconds);
      row.largest = Math.max(row.largest, megabytes);
      if (violation) keep(name, row, input, violation);
      bar.update(row.inputs + 1, { rate: Math.round((row.inputs * 1000) / (Date.now() - start)) });
    }
  } finally {
    bar.stop();
    await surface.stop();
  }
  const { slowest, largest, ...counts } = row;
  return [name, { ...counts, 'slowest (CPU s)': round(slowest), 'largest (MB)': round(largest) }];
}

function keep(name, row, input, violation) {
  row.violations++;
  if (row.violations > MOST_KEPT) return;
  mkdirSync(values.failures, { recursive: true });
  const path = join(values.failures, `${name}-${values.seed}-${row.inputs}`);
  writeFileSync(path, input);
  writeFileSync(`${path}.txt`, `${violation}\n`);
  console.error(`\nattack: ${path}: ${violation.split('\n').slice(0, 4).join('\n')}`);
}

function round(value) {
  return Math.round(value * 1000) / 1000;
}
