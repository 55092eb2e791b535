import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkWritable } from './check-writable';

describe('checkWritable', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'writable-'));
    writeFileSync(join(folder, 'file'), '');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('accepts a folder, and one that can be made, and makes nothing', () => {
    checkWritable('workDir', folder);
    checkWritable('workDir', join(folder, 'a', 'b'));
    expect(existsSync(join(folder, 'a'))).toBe(false);
  });

  it.each(['file', 'file/below'])('names the folder and the variable: %s', (name) => {
    const path = join(folder, name);
    expect(() => checkWritable('workDir', path)).toThrow(
      `the folder ${path} cannot be written (${join(folder, 'file')} is a file); make it writable, or set OPEN_CHATGPT_WORK_DIR to another one`,
    );
  });
});
