#!/usr/bin/env node
/**
 * Generates docs/asyncapi.json, docs/events.md and the released schemas in golden/v1/schemas from the contracts. It fails, and
 * writes nothing, when a change breaks consumers of a released contract.
 *
 *   npx tsc -b libs/events && node libs/events/tools/publish.mjs
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asyncApiDocument } from '../dist/published/asyncapi.js';
import { goldenEvents, goldenFolder, releasedContracts, releasedFolder } from '../dist/published/golden.js';
import { eventsPage } from '../dist/published/markdown.js';
import { breakingReleaseChanges, currentReleases } from '../dist/published/release.js';

const require = createRequire(import.meta.url);
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

const golden = goldenEvents();
const releases = currentReleases();
const missing = Object.keys(releases).filter((type) => golden[type] === undefined);
const problems = [
  ...breakingReleaseChanges(releasedContracts(), releases),
  ...missing.map(
    (type) => `${type}: ${join(goldenFolder, `${type}.json`)} is missing; write one valid event there`,
  ),
];
if (problems.length > 0) {
  console.error(
    `publish: nothing was written, because these changes break released contracts:\n${problems.join('\n')}`,
  );
  process.exit(1);
}

for (const [type, release] of Object.entries(releases)) {
  writeFileSync(join(releasedFolder, `${type}.json`), `${JSON.stringify(release, null, 2)}\n`);
}
const asyncapi = join(root, 'docs', 'asyncapi.json');
writeFileSync(asyncapi, `${JSON.stringify(asyncApiDocument(golden), null, 2)}\n`);
writeFileSync(join(root, 'docs', 'events.md'), eventsPage(golden));
const biome = require.resolve('@biomejs/biome/bin/biome');
const formatted = spawnSync(process.execPath, [biome, 'format', '--write', asyncapi], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(formatted.status ?? 1);
