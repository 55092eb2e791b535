import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNvidiaGpus } from './nvidia-gpus';

const root = mkdtempSync(join(tmpdir(), 'nvidia-gpus-'));
const kernel = join(root, 'kernel');
const none = join(root, 'none');
afterAll(() => rmSync(root, { recursive: true }));

beforeAll(() => {
  for (const [slot, model] of [
    ['0000:18:00.0', 'NVIDIA H200'],
    ['0000:2a:00.0', 'NVIDIA A100-SXM4-80GB'],
  ]) {
    mkdirSync(join(kernel, 'gpus', slot), { recursive: true });
    writeFileSync(join(kernel, 'gpus', slot, 'information'), `Model: \t\t ${model}\nIRQ:   \t\t 42\n`);
  }
  writeFileSync(
    join(kernel, 'version'),
    'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19\n',
  );
});

/** A program in place of nvidia-smi. */
function program(script: string): string {
  const path = join(root, 'nvidia-smi');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

it('reads the answer of nvidia-smi', async () => {
  const smi = program('echo "NVIDIA H200, 143771, 580.159.03"; echo "NVIDIA H200 NVL, [N/A], 580.159.03"');
  expect(await findNvidiaGpus(smi, none)).toEqual({
    driver: '580.159.03',
    gpus: [
      { name: 'NVIDIA H200', memoryMiB: 143771 },
      { name: 'NVIDIA H200 NVL', memoryMiB: null },
    ],
  });
});

it.each([
  ['is not installed', () => join(root, 'missing')],
  ['fails', () => program('echo "no driver"; exit 9')],
  ['answers nothing', () => program('exit 0')],
])('asks the kernel where nvidia-smi %s', async (_, smi) => {
  expect(await findNvidiaGpus(smi(), kernel)).toEqual({
    driver: '535.104.05',
    gpus: [
      { name: 'NVIDIA H200', memoryMiB: null },
      { name: 'NVIDIA A100-SXM4-80GB', memoryMiB: null },
    ],
  });
  expect(await findNvidiaGpus(smi(), none)).toEqual({ driver: null, gpus: [] });
});
