#!/usr/bin/env node
/**
 * Adds an empty library to the workspace: libs/NAME with package.json, tsconfig.json, README.md and src/index.ts.
 *
 * npm run new-library NAME
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const [name, ...flags] = process.argv.slice(2);

function fail(message) {
  console.error(`new-library: ${message}`);
  process.exit(1);
}

function run(command, ...args) {
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) fail(`"${command} ${args.join(' ')}" failed`);
}

if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name ?? ''))
  fail(
    `found the name "${name ?? ''}", expected lower-case words with hyphens: npm run new-library some-name`,
  );
const taken = ['libs', 'apps']
  .map((group) => `${group}/${name}`)
  .find((folder) => existsSync(join(root, folder)));
if (taken) fail(`${taken} exists; choose another name`);

const folder = join(root, 'libs', name);
const asJson = (value) => `${JSON.stringify(value, null, 2)}\n`;
const files = {
  'package.json': asJson({
    name: `@open-chatgpt/${name}`,
    version: '0.1.0',
    private: true,
    license: 'Apache-2.0',
    main: 'dist/index.js',
    types: 'dist/index.d.ts',
  }),
  'tsconfig.json': asJson({ extends: '../../tsconfig.base.json', references: [] }),
  'README.md': `# ${name}\n\nOwns …\n\nMust not know …\n`,
  'src/index.ts': 'export {};\n',
};
mkdirSync(join(folder, 'src'), { recursive: true });
for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);

run(process.execPath, join('tools', 'workspace', 'sync.mjs'));
// Links node_modules/@open-chatgpt/NAME and adds the library to package-lock.json.
if (!flags.includes('--no-install')) run('npm', 'install', '--no-audit', '--no-fund');
console.log(`Made libs/${name}. List what it may import in its package.json, then: npm run sync`);
