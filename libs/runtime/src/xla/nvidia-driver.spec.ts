import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nvidiaDriver } from './nvidia-driver';

const folder = mkdtempSync(join(tmpdir(), 'nvidia-'));
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  ['NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023', '535.104.05'],
  [
    'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build  (root@host)  Tue Sep 23 2025',
    '580.95.05',
  ],
  ['NVRM version: unknown', null],
  ['', null],
])('%s', (text, version) => {
  writeFileSync(join(folder, 'version'), `${text}\nGCC version:  gcc version 12.3.0 (Ubuntu)\n`);
  expect(nvidiaDriver(folder)).toBe(version);
});

it('is null without a driver', () => {
  expect(nvidiaDriver(join(folder, 'none'))).toBeNull();
});
