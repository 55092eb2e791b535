import { submit, untilEnded } from '../pipeline.mjs';

/** For the whole pipeline, the store fails some requests, answers others late, and breaks connections off. */
export const store = {
  title: 'store that answers 500, late, or breaks off',
  async inflict(cluster) {
    const { mood, done } = cluster.proxy;
    const before = { ...done };
    Object.assign(mood, { failing: 0.1, slowMs: 300, breaking: 0.03 });
    try {
      const outcome = await untilEnded(cluster, await submit(cluster));
      const inflicted = `${done.failed - before.failed} answered 500, ${done.broken - before.broken} broken off`;
      return { outcome, inflicted };
    } finally {
      Object.assign(mood, { failing: 0, slowMs: 0, breaking: 0 });
    }
  },
};
