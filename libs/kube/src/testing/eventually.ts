import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `check` does not throw, up to 10 s. */
export async function eventually(check: () => void, limitMs = 10_000): Promise<void> {
  for (const end = performance.now() + limitMs; ; await sleep(5)) {
    try {
      check();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}
