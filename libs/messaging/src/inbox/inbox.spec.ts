import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../testing/harness';
import { FileInbox } from './file-inbox';
import { handleOnce, type Inbox } from './inbox';
import { MemoryInbox } from './memory-inbox';

const event = (id: string, group = 'g') => ({ source: '/s', id, group });

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inbox-'));
  path = join(folder, 'kept', 'inbox.jsonl');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe.each<[string, (limit: number) => Promise<Inbox>]>([
  ['MemoryInbox', async (limit) => new MemoryInbox(limit)],
  ['FileInbox', (limit) => FileInbox.open(path, { limit })],
])('%s', (_, open) => {
  it('carries an effect out once for each event and group, and gives the result again', async () => {
    const inbox = await open(10);
    let effects = 0;
    const effect = async () => {
      effects += 1;
      return { step: effects };
    };
    expect(await handleOnce(inbox, event('a'), effect)).toEqual({ step: 1 });
    expect(await handleOnce(inbox, event('a'), effect)).toEqual({ step: 1 });
    expect(await handleOnce(inbox, event('b'), effect)).toEqual({ step: 2 });
    expect(await handleOnce(inbox, event('a', 'other'), effect)).toEqual({ step: 3 });
    const twins = [handleOnce(inbox, event('c'), effect), handleOnce(inbox, event('c'), effect)];
    expect(await Promise.all(twins)).toEqual([{ step: 4 }, { step: 4 }]);
    await inbox.close();
  });

  it('does not count an effect that failed', async () => {
    const inbox = await open(10);
    const fail = () => Promise.reject(new Error('no'));
    await expect(handleOnce(inbox, event('a'), fail)).rejects.toThrow('no');
    expect(await handleOnce(inbox, event('a'), async () => null)).toBeNull();
    await inbox.close();
  });

  it('remembers the last events up to its limit', async () => {
    const inbox = await open(2);
    for (const key of ['a', 'b', 'c']) await inbox.keep(key, key);
    expect(await Promise.all(['a', 'b', 'c'].map((key) => inbox.find(key)))).toEqual([
      undefined,
      { result: 'b' },
      { result: 'c' },
    ]);
    await inbox.close();
  });
});

describe('FileInbox', () => {
  it('remembers after reopening, without having been closed', async () => {
    const killed = await FileInbox.open(path);
    await Promise.all(['a', 'b', 'c'].map((key) => killed.keep(key, { key })));
    const again = await FileInbox.open(path);
    expect(await again.find('b')).toEqual({ result: { key: 'b' } });
    await Promise.all([killed.close(), again.close()]);
  });

  it('cuts off the half line that a killed process left, wherever it was cut', async () => {
    const whole = '["ä",1]\n["b",{"x":[1,2]}]\n';
    const bytes = Buffer.from(whole);
    const firstLine = Buffer.byteLength('["ä",1]\n');
    for (let cut = firstLine; cut < bytes.length; cut += 1) {
      const file = join(folder, `${cut}.jsonl`);
      await writeFile(file, bytes.subarray(0, cut));
      const inbox = await FileInbox.open(file);
      expect([await inbox.find('ä'), await inbox.find('b')]).toEqual([{ result: 1 }, undefined]);
      await inbox.keep('c', 3);
      await inbox.close();
      expect(await readFile(file, 'utf8')).toBe('["ä",1]\n["c",3]\n');
    }
  });

  it('has after kill -9 whatever it said was safe', async () => {
    const program = join(__dirname, '..', 'testing', 'writing-process.cjs');
    const child = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.on('data', (data) => {
      printed += data;
    });
    await eventually(
      () => printed.split('\n').length > 50,
      () => `50 events; ${printed.length} bytes came`,
    );
    child.kill('SIGKILL');
    await once(child, 'close');
    const last = Number(printed.split('\n').at(-2));
    const inbox = await FileInbox.open(path);
    for (let at = 0; at <= last; at += 1) expect(await inbox.find(`event-${at}`)).toEqual({ result: { at } });
    await inbox.close();
  });

  it.each([
    ['nonsense', 'line 2: expected [key, result] as JSON; found "nonsense"'],
    ['["a"]', 'line 2'],
    ['{"a":1}', 'line 2'],
    ['[1,2]', 'line 2'],
    ['', 'line 2'],
  ])('refuses a damaged line: %s', async (line, error) => {
    const file = join(folder, 'damaged.jsonl');
    await writeFile(file, `["a",1]\n${line}\n["b",2]\n`);
    await expect(FileInbox.open(file)).rejects.toThrow(error);
  });

  it('is shortened when it is opened and has grown to more than twice its limit', async () => {
    const inbox = await FileInbox.open(path, { limit: 2 });
    for (const key of ['a', 'b', 'c', 'd', 'e']) await inbox.keep(key, 1);
    await inbox.close();
    await appendFile(path, '["torn');
    const again = await FileInbox.open(path, { limit: 2 });
    expect(await readFile(path, 'utf8')).toBe('["d",1]\n["e",1]\n');
    await again.close();
  });

  it('says which file cannot be written, and keeps refusing', async () => {
    const inbox = await FileInbox.open(path);
    await inbox.close();
    await expect(inbox.keep('a', 1)).rejects.toThrow(`Cannot write ${path}`);
    await expect(inbox.keep('b', 1)).rejects.toThrow(`Cannot write ${path}`);
    expect(await inbox.find('a')).toBeUndefined();
  });

  it.each([0, -1, 1.5])('refuses a limit of %d', (limit) => {
    expect(() => new MemoryInbox(limit)).toThrow(`limit is ${limit}`);
  });
});
