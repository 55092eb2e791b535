/**
 * Takes turns: ours, peer, peer … in each round, so that whatever the machine does falls on all alike. The first round
 * is thrown away. The peer is the fastest of its modes by median.
 */
export async function interleave(ours, peers, rounds) {
  const all = [ours, ...peers];
  const samples = new Map(all.map((worker) => [worker, []]));
  const peaks = new Map();
  for (let round = 0; round <= rounds; round++) {
    for (const worker of all) {
      const { ms, prefillMs = 0, rssMb } = await worker.run();
      // A peer that decodes reports its prompt's pass apart; our worker's clock starts behind it.
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

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
