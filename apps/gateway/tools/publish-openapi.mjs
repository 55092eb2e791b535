#!/usr/bin/env node
/**
 * Writes docs/openapi.json from the controllers and schemas of the gateway.
 *
 *   npx tsc -b apps/gateway && node apps/gateway/tools/publish-openapi.mjs
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const { startGateway } = require('../dist/testing/start-gateway.js');

const folder = mkdtempSync(join(tmpdir(), 'openapi-'));
const gateway = await startGateway(folder);
const document = await (await fetch(`${gateway.url}/openapi.json`)).json();
await gateway.stop();
rmSync(folder, { recursive: true });

const file = join(root, 'docs', 'openapi.json');
writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
const biome = require.resolve('@biomejs/biome/bin/biome');
const { status } = spawnSync(process.execPath, [biome, 'format', '--write', file], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
