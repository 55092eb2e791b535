import { submit, untilEnded } from '../pipeline.mjs';

/** During the whole pipeline the store fails some requests, delays others, and breaks connections. */
export const store = {
  title: 'store that answers 500, answers late, or breaks connections',
  async inject(cluster) {
    const { faults, counts } = cluster.proxy;
    const before = { ...counts };
    Object.assign(faults, { failing: 0.1, slowMs: 300, breaking: 0.03 });
    try {
      const outcome = await untilEnded(cluster, await submit(cluster));
      const injected = `${counts.failed - before.failed} answered 500, ${counts.broken - before.broken} connections broken`;
      return { outcome, injected };
    } finally {
      Object.assign(faults, { failing: 0, slowMs: 0, breaking: 0 });
    }
  },
};
