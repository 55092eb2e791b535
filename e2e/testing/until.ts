import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until a condition holds; the time limit of the test ends it. */
export async function until(holds: () => boolean | Promise<boolean>, everyMs = 50): Promise<void> {
  while (!(await holds())) await sleep(everyMs);
}
