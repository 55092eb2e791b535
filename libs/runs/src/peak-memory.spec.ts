import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { transformFileSync } from '@swc/core';
import { peakRssMb } from './peak-memory';

describe('peakRssMb', () => {
  it('is what this process had, also of memory that it has given back', () => {
    const before = process.memoryUsage.rss() / 2 ** 20;
    Buffer.alloc(100 * 2 ** 20, 1);
    expect(peakRssMb()).toBeGreaterThan(before + 90);
  });

  it('is not what the parent had', () => {
    const { code } = transformFileSync(join(__dirname, 'peak-memory.ts'), {
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
      module: { type: 'commonjs' },
    });
    const child = `${code}; process.stdout.write(String(exports.peakRssMb()));`;
    const parent = `
      const memory = Buffer.alloc(400 * 2 ** 20, 1);
      const { execFileSync } = require('node:child_process');
      process.stdout.write(execFileSync(process.execPath, ['-e', process.argv[1]]));
    `;
    const figure = Number(execFileSync(process.execPath, ['-e', parent, child]));
    expect(figure).toBeGreaterThan(20);
    expect(figure).toBeLessThan(200);
  });
});
