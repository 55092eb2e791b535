import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StorageUnavailableError } from '../errors';
import { makeFolder } from './durable';
import { link, readText, unlink, writeText } from './sync-file-calls';

interface Owner {
  /** Of this one taking of the lock. */
  id: string;
  host: string;
  pid: number;
  /** Of the process: tells it from an earlier one that had its pid, as every container's first process has. */
  process: string;
}

const THIS_PROCESS = randomUUID();
const PATIENCE_MS = 10_000;
const POLL_MS = 5;

const hasCode = (error: unknown, code: string) => (error as NodeJS.ErrnoException).code === code;

/** Whether `call` succeeded; false when it failed with `code`; anything else is thrown. */
async function unless(code: string, call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (hasCode(error, code)) return false;
    throw error;
  }
}

/** Who holds the lock, or null when nobody does. A record that a power cut has emptied has an owner that is dead. */
async function readOwner(path: string): Promise<Owner | null> {
  try {
    const text = await readText(path);
    return text ? JSON.parse(text) : { id: 'lost', host: hostname(), pid: process.pid, process: '' };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

function isDead(owner: Owner): boolean {
  if (owner.host !== hostname()) return false;
  if (owner.pid === process.pid) return owner.process !== THIS_PROCESS;
  try {
    process.kill(owner.pid, 0);
    return false;
  } catch (error) {
    return hasCode(error, 'ESRCH');
  }
}

/**
 * Takes the lock from a dead owner. Of all who find it dead only the one that creates the marker goes on, and it
 * looks again: the lock that it removes is the dead one's, never one that was taken in the meantime.
 */
async function breakLock(path: string, dead: Owner): Promise<void> {
  const marker = `${path}.dead.${dead.id}`;
  if (!(await unless('EEXIST', writeText(marker, '', 'wx')))) return;
  try {
    if ((await readOwner(path))?.id === dead.id) await unlink(path);
  } finally {
    await rm(marker, { force: true });
  }
}

/**
 * Does `action` while no other process of this machine, and nobody else in this one, does one under the same `path`.
 * A lock whose owner was killed is taken over. Throws StorageUnavailableError after ten seconds.
 */
export async function withFileLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  const owner: Owner = { id: randomUUID(), host: hostname(), pid: process.pid, process: THIS_PROCESS };
  const record = `${path}.${owner.id}`;
  const write = () => writeText(record, JSON.stringify(owner));
  if (!(await unless('ENOENT', write()))) {
    await makeFolder(dirname(path));
    await write();
  }
  try {
    for (const end = Date.now() + PATIENCE_MS; !(await unless('EEXIST', link(record, path))); ) {
      const holder = await readOwner(path);
      if (holder && isDead(holder)) await breakLock(path, holder);
      else if (holder && Date.now() > end)
        throw new StorageUnavailableError(
          `The lock ${path} has been held for ${PATIENCE_MS / 1000} s by process ${holder.pid} of ${holder.host}; ` +
            'if that process is gone, remove the file.',
        );
      await sleep(POLL_MS);
    }
    try {
      return await action();
    } finally {
      await unlink(path);
    }
  } finally {
    await unlink(record).catch(() => undefined);
  }
}
