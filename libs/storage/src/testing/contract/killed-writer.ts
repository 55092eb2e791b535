import { setTimeout as sleep } from 'node:timers/promises';
import type { ObjectStore } from '../../object-store';
import { read, text } from '../bytes';
import { keysOf } from '../keys-of';
import { runStoreProcess } from '../run-store-process';
import type { StoreContract } from './contract';

const soon = () => new Date(Date.now() + 60_000);

export const killedWriterContract: StoreContract = (open, addressOf) => {
  let store: ObjectStore;
  beforeEach(() => {
    store = open();
  });

  it.each([0, 40, 130])(
    'a writer killed %d ms after a write leaves a complete version, at least as new as it reported',
    async (delay) => {
      const { signal, lines } = await runStoreProcess(addressOf(store), ['replace'], {
        onLine: (line, kill) => void (line === '2' && sleep(delay).then(kill)),
      });
      expect(signal).toBe('SIGKILL');
      expect(await keysOf(store)).toEqual(['a']);
      const content = await read(store, 'a');
      expect(content.length).toBe(12 << 20);
      expect(content.equals(Buffer.alloc(content.length, content[0]))).toBe(true);
      expect(content[0]).toBeGreaterThanOrEqual(Number(lines.at(-1)));
    },
  );

  it('an incomplete write is invisible, and is removed when it is old enough', async () => {
    const begun = new Date(Date.now() - 2000);
    const { signal } = await runStoreProcess(addressOf(store), ['begin', 12], {
      onLine: (_, kill) => kill(),
    });
    expect(signal).toBe('SIGKILL');
    await store.put('whole', Buffer.from('whole'));
    expect(await keysOf(store)).toEqual(['whole']);
    expect(await store.head('b')).toBeNull();
    expect(await store.removePartialWrites(begun)).toBe(0);
    expect(await store.removePartialWrites(soon())).toBe(1);
    expect(await store.removePartialWrites(soon())).toBe(0);
    expect(await text(store, 'whole')).toBe('whole');
  });
};
