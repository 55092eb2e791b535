#!/usr/bin/env node
/**
 * Writes docs/pipeline.schema.json, by which editors complete and check pipeline files.
 *
 *   npx tsc -b libs/pipeline && node libs/pipeline/tools/publish-schema.mjs
 */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pipelineJsonSchema } from '../dist/index.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const file = join(root, 'docs', 'pipeline.schema.json');
writeFileSync(file, `${JSON.stringify(pipelineJsonSchema(), null, 2)}\n`);
console.log(`wrote ${file}`);
