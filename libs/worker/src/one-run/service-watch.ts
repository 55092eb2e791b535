import type { HealthService } from '@open-chatgpt/service';

const MAX_INTERVAL_MS = 15_000;

/**
 * Watches the store and the bus for a loop that waits for them in every step: without them it would wait without end.
 * @param giveUp called once with the failed checks, when they have failed for `patienceMs`
 * @returns ends the watch
 */
export function watchServices(
  health: Pick<HealthService, 'readiness'>,
  patienceMs: number,
  giveUp: (reason: string) => void,
): () => void {
  let failingSince: number | undefined;
  const check = async () => {
    const { ready, checks } = await health.readiness();
    if (ready) {
      failingSince = undefined;
      return;
    }
    failingSince ??= performance.now();
    if (performance.now() - failingSince < patienceMs) return;
    clearInterval(timer);
    const failed = Object.entries(checks).filter(([, outcome]) => outcome !== 'ok');
    giveUp(failed.map(([name, outcome]) => `${name}: ${outcome}`).join('; '));
  };
  const timer = setInterval(() => void check(), Math.min(patienceMs / 4, MAX_INTERVAL_MS));
  timer.unref();
  return () => clearInterval(timer);
}
