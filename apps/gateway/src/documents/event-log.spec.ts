import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openObjectStore } from '@open-chatgpt/storage';
import { Documents } from './documents';
import type { Appended, EventLog } from './event-log';

interface Entry {
  id: string;
  text: string;
}

describe('a log of events', () => {
  let folder: string;
  let log: EventLog<Entry>;
  /** Another gateway, or this one after a restart. */
  const open = () => new Documents(openObjectStore(folder), () => undefined).log<Entry>('history');
  /** So long that a chunk has a few of them. */
  const entry = (id: string): Entry => ({ id, text: 'x'.repeat(20_000) });
  const messages = (count: number, stream = 't/0/r', first = 0): Appended<Entry>[] =>
    Array.from({ length: count }, (_, i) => ({
      entry: entry(`${stream}-${i}`),
      origin: { stream, offset: first + i },
    }));
  const ids = async () => {
    const found: string[] = [];
    for await (const logged of log.read('p')) found.push(...logged.map(({ entry: { id } }) => id));
    return found;
  };
  const appendEach = async (added: readonly Appended<Entry>[]) => {
    for (const one of added) await log.append('p', [one]);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'event-log-'));
    log = open();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('stores each event once although a consumer starts again at the oldest message, also in another process', async () => {
    const [first, second] = [messages(30), messages(10, 't/1/s')];
    await appendEach([...first, ...second]);
    const once = await ids();
    expect(once).toHaveLength(40);
    await appendEach([...first, ...second]);
    log = open();
    await log.append('p', first);
    await appendEach(second);
    expect(await ids()).toEqual(once);
    await appendEach(messages(31).slice(-1));
    expect(await ids()).toEqual([...once, 't/0/r-30']);
  });

  it('takes events of a topic that was deleted and created again, whose offsets start at 0', async () => {
    await appendEach(messages(30));
    log = open();
    const later = messages(30).map(({ origin }) => ({ entry: entry(`later-${origin?.offset}`), origin }));
    await appendEach(later.slice(0, 10));
    await appendEach(later.slice(0, 20));
    expect((await ids()).slice(30)).toEqual(later.slice(0, 20).map(({ entry: { id } }) => id));
  });

  it('stores an event once that was published twice', async () => {
    const [one] = messages(1);
    await log.append('p', [one]);
    await log.append('p', [{ ...one, origin: { stream: 't/0/r', offset: 7 } }]);
    await log.append('p', [{ entry: entry('made here') }, { entry: entry('made here') }]);
    expect(await ids()).toEqual(['t/0/r-0', 'made here']);
  });

  it('passes over a damaged chunk, and goes on after it', async () => {
    await appendEach(messages(10));
    await openObjectStore(folder).put('history/p/00000001.json', Buffer.from('{"entries":[{"id'));
    log = open();
    const left = await ids();
    expect(left.length).toBeGreaterThan(4);
    expect(left.length).toBeLessThan(10);
    await appendEach(messages(12).slice(10));
    expect((await ids()).slice(-2)).toEqual(['t/0/r-10', 't/0/r-11']);
  });
});
