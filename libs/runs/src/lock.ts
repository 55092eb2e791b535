import {
  constants,
  copyFileSync,
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';

/** Somebody else holds the lock: wait, or work elsewhere. */
export class InUse extends Error {}

/** The holder shows that it lives by touching the file this often; on another machine only this can be seen. */
const heartbeatMs = 10_000;
const silentMs = 6 * heartbeatMs;

interface Holder {
  pid: number;
  host: string;
  /** When the process started, in clock ticks since boot (Linux): tells a new process with an old id. */
  startTicks: string | null;
  since: string;
}

function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function isRunning({ pid, startTicks: ticks }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return ticks === null || startTicks(pid) === ticks;
}

function isStale(path: string, text: string): boolean {
  let holder: Holder;
  try {
    holder = JSON.parse(text) as Holder;
  } catch {
    return true; // killed while it was written
  }
  if (holder.host === hostname()) return !isRunning(holder);
  return Date.now() - statSync(path).mtimeMs > silentMs;
}

function describe(text: string): string {
  const { pid, host, since } = JSON.parse(text) as Holder;
  return `process ${pid} on ${host} since ${since}`;
}

/**
 * Takes the lock, a file that names its holder. A lock whose holder no longer runs is taken over.
 * @param what shown in the message, such as the path of the run folder
 * @returns a function that releases it
 * @throws InUse when another process holds it
 */
export function takeLock(path: string, what: string): () => void {
  const own: Holder = {
    pid: process.pid,
    host: hostname(),
    startTicks: startTicks(process.pid),
    since: new Date().toISOString(),
  };
  const mine = `${path}.${process.pid}.${Date.now()}`;
  writeFileSync(mine, JSON.stringify(own));
  try {
    for (let attempt = 0; !linked(mine, path); attempt++) {
      const text = readOrNull(path);
      if (text === null) continue;
      if (attempt >= 5 || !isStale(path, text)) {
        throw new InUse(
          `${what} is in use by ${describe(text)}; wait for it, or choose another folder ` +
            `(if that process is gone for certain, delete ${path})`,
        );
      }
      removeStale(path, text);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  const heartbeat = setInterval(() => touch(path), heartbeatMs);
  heartbeat.unref();
  return () => {
    clearInterval(heartbeat);
    if (readOrNull(path) === JSON.stringify(own)) rmSync(path, { force: true });
  };
}

/** Gives the finished file its name unless that is taken: the lock is never seen half written. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'ENOSYS'].includes(code ?? '')) throw error;
    return copied(from, to);
  }
}

/** For file systems without hard links. */
function copied(from: string, to: string): boolean {
  try {
    copyFileSync(from, to, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Two processes may see the same stale lock; the one that has moved a fresh one puts it back. */
function removeStale(path: string, stale: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readOrNull(aside) !== stale) linked(aside, path);
  rmSync(aside, { force: true });
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // Deleted by hand: nothing to keep alive.
  }
}
