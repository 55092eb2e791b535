import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '@open-chatgpt/cache';

/** The package has llama.cpp compiled, for this platform in a package of its name. */
const VERSION = '3.22.1';

const folder = join(cacheFolder('peers'), VERSION);
const isInstalled = existsSync(join(folder, 'installed'));

/** Specs against llama.cpp run in CI, and where it has been installed once (e2e/peers/README.md). */
export const describeWithLlamaCpp: typeof describe.skip =
  isInstalled || process.env['CI'] === 'true' || process.env['OPEN_CHATGPT_PEERS'] ? describe : describe.skip;

/** Installs it in the cache, without the variants for GPUs. */
export function installLlamaCpp(): void {
  if (existsSync(join(folder, 'installed'))) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private": true}\n');
  const platform = `@node-llama-cpp/${process.platform}-${process.arch}@${VERSION}`;
  const flags = ['--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync('npm', ['install', `node-llama-cpp@${VERSION}`, platform, ...flags], {
    cwd: folder,
    stdio: 'pipe',
  });
  writeFileSync(join(folder, 'installed'), '');
}

export interface LlamaCppRequest {
  file: string;
  texts: readonly string[];
  newTokens: number;
}

export interface LlamaCppResult {
  /** Token ids of each text, whose special tokens are parsed. */
  tokens: number[][];
  /** The greedy tokens after each text. */
  answers: number[][];
  /** The text of these tokens. */
  written: string[];
  template: string | null;
}

export function askLlamaCpp(requests: readonly LlamaCppRequest[]): LlamaCppResult[] {
  const output = execFileSync(process.execPath, [join(__dirname, 'ask-llama-cpp.mjs'), folder], {
    input: JSON.stringify(requests),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return JSON.parse(output) as LlamaCppResult[];
}
