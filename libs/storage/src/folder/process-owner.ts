import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, so that another one of this host can see whether it still runs. */
export interface ProcessOwner {
  host: string;
  pid: number;
  /** Unique for each process: distinguishes those that had the same pid in containers of one host name. */
  process: string;
  /** Of the boot of the host (Linux): pids and ticks of another boot say nothing. */
  boot?: string;
  /** When the process started, in clock ticks since boot (Linux): distinguishes it from a later one of the same pid. */
  startTicks?: string;
}

const THIS_PROCESS = randomUUID();

export function thisProcess(): ProcessOwner {
  const { pid } = process;
  return { host: hostname(), pid, process: THIS_PROCESS, boot: bootId(), startTicks: startTicks(pid) };
}

/** `unknown`: a process of another host or boot, or one that names no start, of which nothing certain can be seen. */
export function livenessOf(owner: ProcessOwner): 'running' | 'ended' | 'unknown' {
  if (owner.host !== hostname() || (owner.boot !== undefined && owner.boot !== bootId())) return 'unknown';
  if (owner.pid === process.pid) return owner.process === THIS_PROCESS ? 'running' : 'ended';
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'ended';
  }
  if (owner.startTicks === undefined) return 'unknown';
  return owner.startTicks === startTicks(owner.pid) ? 'running' : 'ended';
}

const bootId = (): string | undefined => readIfPossible('/proc/sys/kernel/random/boot_id')?.trim();

function startTicks(pid: number): string | undefined {
  const stat = readIfPossible(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function readIfPossible(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
