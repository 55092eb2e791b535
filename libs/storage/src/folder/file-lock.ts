import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StorageUnavailableError } from '../errors';
import { makeFolder } from './durable';
import { link, readText, unlink, writeText } from './sync-file-calls';

interface Owner {
  /** Unique for each acquisition of the lock. */
  id: string;
  host: string;
  pid: number;
  /** Unique for each process. It distinguishes processes that had the same pid, such as the first process of each container. */
  process: string;
}

const THIS_PROCESS = randomUUID();
const TIMEOUT_MS = 10_000;
const POLL_MS = 5;

const hasCode = (error: unknown, code: string) => (error as NodeJS.ErrnoException).code === code;

/** Whether `call` succeeded; false if it failed with `code`. Other errors are thrown. */
async function unless(code: string, call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (hasCode(error, code)) return false;
    throw error;
  }
}

/** The owner of the lock, or null if it is free. An empty record is the result of a power cut, so its owner is dead. */
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
 * Removes the lock of a dead owner. Of all processes that find the owner dead, only the one that creates the marker
 * continues. It reads the owner again, so it never removes a lock that was acquired in the meantime.
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
 * Runs `action` while it holds the lock file at `path`, which excludes other processes of this machine and other callers in
 * this process. If the owner of the lock was killed, it takes the lock over. Throws StorageUnavailableError after ten seconds.
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
    for (const end = Date.now() + TIMEOUT_MS; !(await unless('EEXIST', link(record, path))); ) {
      const holder = await readOwner(path);
      if (holder && isDead(holder)) await breakLock(path, holder);
      else if (holder && Date.now() > end)
        throw new StorageUnavailableError(
          `The lock ${path} has been held for ${TIMEOUT_MS / 1000} s by process ${holder.pid} on ${holder.host}; ` +
            'if that process no longer runs, remove the file.',
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
