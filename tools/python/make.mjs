#!/usr/bin/env node
/** Makes the virtual environment of a requirements file, and prints the path of its Python: node tools/python/make.mjs FILE */
import { makeEnvironment } from './environment.cjs';

try {
  const [requirements] = process.argv.slice(2);
  if (!requirements) throw new Error('usage: node tools/python/make.mjs REQUIREMENTS.txt');
  console.log(makeEnvironment(requirements));
} catch (error) {
  console.error(`python: ${error.message}`);
  process.exitCode = 1;
}
