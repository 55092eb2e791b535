import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { openObjectStore } from '@open-chatgpt/storage';
import { until } from '../testing/inference';
import { type KeptResponse, ResponsesInMemory, ResponsesInStore } from './kept-responses';

const response: KeptResponse = {
  caller: 'ann',
  messages: [{ role: 'user', content: 'who are you?' }],
  body: { id: 'one' },
};

it('responses in the store are read by every replica, and expire', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kept-'));
  const store = openObjectStore(folder);
  const fail = (error: Error) => {
    throw error;
  };
  await new ResponsesInStore(store, 30, fail).put('one', response);
  const replica = new ResponsesInStore(store, 30, fail);
  expect(await replica.get('one')).toEqual(response);
  expect(await replica.get('two')).toBeNull();
  await setTimeout(20);
  // A few milliseconds.
  const strict = new ResponsesInStore(store, 1e-7, fail);
  expect(await strict.get('one')).toBeNull();
  // Each hour the first write removes what has expired.
  await strict.put('two', response);
  await until(async () => (await store.head('inference/responses/one.json')) === null);
  await replica.delete('two');
  expect(await replica.get('two')).toBeNull();
  rmSync(folder, { recursive: true });
});

it('responses in memory do not change with what the caller does to them', async () => {
  const kept = new ResponsesInMemory(30);
  const mine = structuredClone(response);
  await kept.put('one', mine);
  mine.messages[0].content = 'changed';
  expect(await kept.get('one')).toEqual(response);
  await kept.delete('one');
  expect(await kept.get('one')).toBeNull();
});
