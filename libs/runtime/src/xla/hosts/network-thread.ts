import { workerData } from 'node:worker_threads';
import type { ProcessGroup } from '../../process-group';
import type { CallbackKind } from './callback-thread';
import { KeyValueClient, KeyValueError, STATUS } from './key-value-client';
import { serveKeyValues } from './key-value-server';
import { answerEach, type ThreadEnd } from './thread-call';

/** What a callback asks. */
export interface KeyValueQuestion {
  kind: CallbackKind;
  key: string;
  value: Uint8Array;
  timeoutMs: number;
}

export type KeyValueAnswer = { value: Uint8Array } | { code: number; message: string };

const { group, callbacks } = workerData as { group: ProcessGroup; callbacks: ThreadEnd[] };
const started = group.rank === 0 ? serveKeyValues(group) : Promise.resolve();
// Each question reports the failure.
started.catch(() => {});
const client = new KeyValueClient(group);
for (const end of callbacks) answerEach(end, answer);

async function answer({ kind, key, value, timeoutMs }: KeyValueQuestion): Promise<KeyValueAnswer> {
  try {
    await started;
    if (kind === 'get') return { value: await client.get(key, timeoutMs) };
    if (kind === 'tryGet') return { value: await client.tryGet(key) };
    await client.put(key, Buffer.from(value));
    return { value: new Uint8Array() };
  } catch (error) {
    const code = error instanceof KeyValueError ? error.code : STATUS.unavailable;
    return { code, message: (error as Error).message };
  }
}
