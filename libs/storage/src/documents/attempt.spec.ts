import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ObjectStore, openObjectStore, StorageUnavailableError } from '..';
import { Attempt, WorkEndsProcess } from './attempt';
import { readDocument } from './change-document';

const KEY = 'work/attempts.json';

describe('Attempt', () => {
  let folder: string;
  let store: ObjectStore;
  const begin = (process: string) => Attempt.begin(store, KEY, process);
  const open = async () => ((await readDocument(store, KEY)) as { open: { process: string }[] }).open;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'attempt-'));
    store = openObjectStore(folder);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('refuses work that ended two processes, once; then the count starts at 0', async () => {
    await begin('a');
    await begin('b');
    await expect(begin('c')).rejects.toThrow(WorkEndsProcess);
    await expect(begin('c')).resolves.toBeInstanceOf(Attempt);
    expect((await open()).map(({ process }) => process)).toEqual(['c']);
  });

  it('does not count attempts that ended, nor those of a process that is alive', async () => {
    for (const process of ['a', 'b', 'c']) await (await begin(process)).end();
    expect(await readDocument(store, KEY)).toBeNull();
    for (let i = 0; i < 5; i++) await begin('same');
    expect(await open()).toHaveLength(1);
    await expect(begin('other')).resolves.toBeInstanceOf(Attempt);
  });

  it('does not count deaths before the last progress', async () => {
    for (const process of ['a', 'b', 'c', 'd']) await (await begin(process)).progress();
    expect((await open()).map(({ process }) => process)).toEqual(['d']);
  });

  it('does not count an attempt that another process took over, once it notices', async () => {
    const old = await begin('old');
    await begin('dead');
    await old.end();
    await expect(begin('young')).resolves.toBeInstanceOf(Attempt);
  });

  it('counts the deaths of real processes', async () => {
    const library = JSON.stringify(join(__dirname, '../../dist/index.js'));
    const script = `const { Attempt, openObjectStore } = require(${library});
      Attempt.begin(openObjectStore(${JSON.stringify(folder)}), ${JSON.stringify(KEY)})
        .then(() => process.kill(process.pid, 'SIGKILL'), (error) => console.log(error.constructor.name));`;
    const ends = [1, 2, 3].map(() => {
      const { signal, stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
      return signal ?? stdout.trim();
    });
    expect(ends).toEqual(['SIGKILL', 'SIGKILL', 'WorkEndsProcess']);
  });

  it('ends also where the store does not answer, and refuses a document of another kind', async () => {
    const attempt = await begin('a');
    jest.spyOn(store, 'head').mockRejectedValue(new StorageUnavailableError('down'));
    await expect(attempt.end()).resolves.toBeUndefined();
    jest.restoreAllMocks();
    await store.put(KEY, Buffer.from('{"x": 1}'));
    await expect(begin('b')).rejects.toThrow('"work/attempts.json" does not count attempts');
  });
});
