import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppendFile } from './append-file';

it('an error of the disk names the file and keeps its code', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'append-'));
  const path = join(folder, 'train.jsonl');
  const file = await AppendFile.open(path, 0);
  // Writing to a closed file fails as a full disk does: without a path.
  await file.close();
  file.add('a row\n');
  await expect(file.flush()).rejects.toMatchObject({
    message: expect.stringContaining(`${path}: `),
    code: 'EBADF',
  });
  rmSync(folder, { recursive: true });
});
