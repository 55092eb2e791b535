import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StorageUnavailableError } from '../errors';
import { makeFolder } from './durable';
import { livenessOf, type ProcessOwner, thisProcess } from './process-owner';
import { link, readText, unlink, writeText } from './sync-file-calls';

interface Owner extends ProcessOwner {
  /** Unique for each acquisition of the lock: the fencing token of its holder. */
  id: string;
}

const TIMEOUT_MS = 10_000;
const POLL_MS = 5;

/** The lock is held for some milliseconds. A holder that cannot be seen loses it when it has held it for so long. */
const LEASE_MS = 8000;

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
    return text ? JSON.parse(text) : { ...thisProcess(), id: 'lost', process: '' };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
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
 * Runs `action` while it holds the lock file at `path`, which excludes other processes that share the folder and other callers
 * in this process. If the owner of the lock was killed, or cannot be seen and its lease has expired, it takes the lock over.
 * Throws StorageUnavailableError after ten seconds.
 * @param action gets a function that says whether the lock is still held: a process that was stopped may have lost it
 */
export async function withFileLock<T>(
  path: string,
  action: (isHeld: () => Promise<boolean>) => Promise<T>,
): Promise<T> {
  const owner: Owner = { id: randomUUID(), ...thisProcess() };
  const record = `${path}.${owner.id}`;
  const write = () => writeText(record, JSON.stringify(owner));
  if (!(await unless('ENOENT', write()))) {
    await makeFolder(dirname(path));
    await write();
  }
  const isHeld = async () => (await readOwner(path))?.id === owner.id;
  try {
    await acquire(path, record);
    try {
      return await action(isHeld);
    } finally {
      if (await isHeld()) await unlink(path);
    }
  } finally {
    await unlink(record).catch(() => undefined);
  }
}

async function acquire(path: string, record: string): Promise<void> {
  const start = performance.now();
  let seen = { id: '', since: start };
  while (!(await unless('EEXIST', link(record, path)))) {
    const holder = await readOwner(path);
    const now = performance.now();
    if (holder && holder.id !== seen.id) seen = { id: holder.id, since: now };
    const liveness = holder && livenessOf(holder);
    if (liveness === 'ended' || (liveness === 'unknown' && now - seen.since > LEASE_MS))
      await breakLock(path, holder!);
    else if (holder && now - start > TIMEOUT_MS)
      throw new StorageUnavailableError(
        `The lock ${path} has been held for ${TIMEOUT_MS / 1000} s by process ${holder.pid} on ${holder.host}; ` +
          'if that process no longer works, stop it.',
      );
    await sleep(POLL_MS);
  }
}
