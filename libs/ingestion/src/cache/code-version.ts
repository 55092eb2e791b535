import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Packages whose code decides what a row becomes. */
const PACKAGES = ['@open-chatgpt/datasets', '@open-chatgpt/tokenizer'];

let known: string | undefined;

/**
 * A hash of the code that reads, converts and tokenizes rows. As part of a cache key it makes an entry of another version of the
 * program unreachable, so that a corrected adapter or template takes effect at once.
 */
export function codeVersion(): string {
  known ??= hashOf([resolve(__dirname, '..'), ...PACKAGES.map((name) => dirname(require.resolve(name)))]);
  return known;
}

function hashOf(folders: readonly string[]): string {
  const hash = createHash('sha256');
  for (const folder of folders) {
    const files = readdirSync(folder, { recursive: true }).map(String).filter(isCode).sort();
    for (const file of files) hash.update(`${file}\0`).update(readFileSync(join(folder, file)));
  }
  return hash.digest('hex');
}

/** Compiled code; in specs, which run the sources, TypeScript. */
function isCode(file: string): boolean {
  return /\.(js|ts)$/.test(file) && !/\.(d|spec)\.ts$/.test(file);
}
