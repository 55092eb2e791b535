import { setTimeout as sleep } from 'node:timers/promises';
import { submit, untilEnded } from '../pipeline.mjs';
import { randomOf } from '../random.mjs';

/** Each service is killed once, at a random moment within the time that the pipeline takes without faults. */
export const kill = {
  title: 'kill -9 of every service at random moments of a pipeline',
  rounds: true,
  async inject(cluster, { seed, undisturbed }) {
    const random = randomOf(seed);
    const pipelineId = await submit(cluster);
    const killed = [];
    const ended = new AbortController();
    const kills = [...cluster.services.values()].map(async (service) => {
      const at = random() * undisturbed.seconds;
      await sleep(at * 1000, undefined, { signal: ended.signal }).catch(() => undefined);
      if (ended.signal.aborted) return;
      await service.kill();
      killed.push(`${service.name} at ${at.toFixed(0)} s`);
    });
    try {
      const outcome = await untilEnded(cluster, pipelineId);
      return { outcome, injected: killed.join(', ') };
    } finally {
      ended.abort();
      await Promise.all(kills);
    }
  },
};
