#!/usr/bin/env node
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const main = join(__dirname, '..', 'dist', 'main.js');
if (!existsSync(main)) {
  console.error('openchat is not compiled yet; run "npm run setup" in the repository first.');
  process.exit(1);
}
require(main).main(process.argv);
