#!/usr/bin/env node
/** Writes the CustomResourceDefinitions, made from the zod schemas; with --check it fails when a file is out of date. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { customResourceDefinitions } from '../dist/index.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const folders = ['helm/open-chatgpt/files/crds', 'k8s/base/crds'];
const check = process.argv.includes('--check');
const stale = [];

for (const definition of customResourceDefinitions()) {
  const text = `# Made from libs/resources by publish-crds.mjs; do not edit.\n${stringify(definition, { lineWidth: 0, aliasDuplicateObjects: false })}`;
  for (const folder of folders) {
    const file = join(folder, `${definition.spec.names.plural}.yaml`);
    const path = join(root, file);
    if (check) {
      if (read(path) !== text) stale.push(file);
      continue;
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(`publish-crds: wrote ${file}`);
  }
}
if (stale.length > 0) {
  console.error(
    `publish-crds: out of date: ${stale.join(', ')}; run node libs/resources/tools/publish-crds.mjs`,
  );
  process.exit(1);
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
