import { median } from './statistics.mjs';

/**
 * Alternates in each round: ours, peer, peer … So a drift in the speed of the machine affects all alike. The first round is
 * discarded. The peer is the fastest of its modes by median.
 */
export async function interleave(ours, peers, rounds) {
  const all = [ours, ...peers];
  const samples = new Map(all.map((worker) => [worker, []]));
  const peaks = new Map();
  for (let round = 0; round <= rounds; round++) {
    for (const worker of all) {
      const { ms, prefillMs = 0, rssMb } = await worker.run();
      // A peer that decodes reports the prefill separately; the clock of our worker starts after it.
      if (round > 0) samples.get(worker).push(ms - prefillMs);
      peaks.set(worker, rssMb);
    }
  }
  const measured = all.map((worker) => ({
    name: worker.name,
    ms: median(samples.get(worker)),
    rssMb: peaks.get(worker),
  }));
  const [mine, ...theirs] = measured;
  const best = theirs.reduce((a, b) => (b.ms < a.ms ? b : a));
  return { ours: mine, peers: theirs, best };
}
