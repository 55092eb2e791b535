#!/usr/bin/env node
/** Writes the table of values into the chart's README.md; with --check it fails when the table is out of date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { undescribedValues, valuesTable } from './values-table.mjs';

const chart = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'helm', 'open-chatgpt');
const begin = '<!-- values: written by tools/helm/readme.mjs -->';
const end = '<!-- end of values -->';

const values = readFileSync(join(chart, 'values.yaml'), 'utf8');
const missing = undescribedValues(values);
if (missing.length > 0) {
  console.error(
    `helm: values.yaml does not describe ${missing.join(', ')}; write a comment "# -- …" before each`,
  );
  process.exit(1);
}
const file = join(chart, 'README.md');
const readme = readFileSync(file, 'utf8');
const [before, rest] = readme.split(begin);
const after = rest?.split(end)[1];
if (after === undefined) {
  console.error(`helm: helm/open-chatgpt/README.md has no lines "${begin}" and "${end}"`);
  process.exit(1);
}
const written = `${before}${begin}\n\n${valuesTable(values)}\n\n${end}${after}`;
if (written === readme) process.exit(0);
if (process.argv.includes('--check')) {
  console.error('helm: helm/open-chatgpt/README.md is out of date; run node tools/helm/readme.mjs');
  process.exit(1);
}
writeFileSync(file, written);
console.log('helm: wrote helm/open-chatgpt/README.md');
