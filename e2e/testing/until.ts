import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something holds; the test's own time limit ends it. */
export async function until(holds: () => boolean | Promise<boolean>, everyMs = 50): Promise<void> {
  while (!(await holds())) await sleep(everyMs);
}
