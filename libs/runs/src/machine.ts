import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import type { RunMachine } from './report/schema';

/** The version of this project; all of its packages have the same. */
export function programVersion(): string {
  const { version } = JSON.parse(readFileSync(join(__dirname, '..', 'package.json'), 'utf8'));
  return version;
}

/** The program and the machine that this process runs on. @param threads of the engine */
export function describeMachine(threads: number): RunMachine {
  return {
    version: programVersion(),
    node: process.versions.node,
    platform: `${platform()} ${arch()}`,
    processor: cpus().at(0)?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryMb: Math.round(totalmem() / 2 ** 20),
    threads,
  };
}
