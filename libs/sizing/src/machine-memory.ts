import { totalmem } from 'node:os';

/** Bytes that this process may take: the limit of its container where it has one, else the memory of the machine. */
export function machineMemory(): number {
  // 0 where the system knows no such limit, and a huge number where none is set.
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
