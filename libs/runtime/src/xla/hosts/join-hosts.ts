import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ProcessGroup } from '../../process-group';
import type { Address } from '../pjrt-api';
import type { CallbackKind } from './callback-thread';
import { ask, connectThreads, type ThreadEnd } from './thread-call';

/** Threads run compiled code, also in specs. */
const FOLDER = __dirname.replace(/src([\\/]xla[\\/]hosts)$/, 'dist$1');

/** The addresses of the functions with which a plugin reads and writes what the processes of a group share. */
export type KeyValueCallbacks = Readonly<Record<CallbackKind, Address>>;

/**
 * Starts what answers the plugin's questions for the other processes of a group; rank 0 also keeps the store.
 *
 * The plugin calls from its threads and waits, also while the main thread is inside a call into the plugin. Therefore
 * each callback has a thread, so that a read that waits delays no write, and another thread does the network.
 */
export function joinHosts(group: ProcessGroup): KeyValueCallbacks {
  const kinds: CallbackKind[] = ['get', 'tryGet', 'put'];
  const networks = kinds.map(() => connectThreads());
  startThread('network-thread.js', { group }, { callbacks: networks.map(([, answering]) => answering) });
  const addresses = kinds.map((kind, index) => {
    const [asking, main] = connectThreads();
    startThread('callback-thread.js', { kind }, { main, network: networks[index][0] });
    return [kind, ask<Address>(asking, 'address')] as const;
  });
  return Object.fromEntries(addresses) as Record<CallbackKind, Address>;
}

function startThread(file: string, data: object, ends: Record<string, ThreadEnd | ThreadEnd[]>): void {
  const transferList = Object.values(ends)
    .flat()
    .map(({ port }) => port);
  new Worker(join(FOLDER, file), { workerData: { ...data, ...ends }, transferList }).unref();
}
