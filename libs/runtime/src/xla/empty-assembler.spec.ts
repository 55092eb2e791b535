import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withEmptyAssembler } from './empty-assembler';

describe('a CUDA folder with an empty assembler', () => {
  let parent: string;
  let folder: string;
  beforeAll(() => {
    parent = mkdtempSync(join(tmpdir(), 'assembler-'));
    const cuda = join(parent, "a user's folder");
    for (const name of ['bin', 'nvvm']) mkdirSync(join(cuda, name), { recursive: true });
    writeFileSync(join(cuda, 'nvvm', 'libdevice'), 'functions');
    writeFileSync(join(cuda, 'bin', 'ptxas'), '#!/bin/sh\necho "the assembler: $*"\n', { mode: 0o755 });
    folder = withEmptyAssembler(cuda);
  });
  afterAll(() => {
    for (const made of [parent, folder]) rmSync(made, { recursive: true });
  });
  const assembler = (...args: string[]) =>
    execFileSync(join(folder, 'bin', 'ptxas'), args, { encoding: 'utf8' });

  it('writes an empty kernel', () => {
    const output = join(parent, 'kernel');
    expect(assembler('program', '-o', output, '-arch=sm_90a')).toBe('');
    expect(existsSync(output) && readFileSync(output, 'utf8')).toBe('');
  });

  it('passes questions on, and has the other files', () => {
    expect(assembler('--version')).toBe('the assembler: --version\n');
    expect(readFileSync(join(folder, 'nvvm', 'libdevice'), 'utf8')).toBe('functions');
  });
});
