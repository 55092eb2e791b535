/** How much more CPU time four times the size may take. Quadratic work takes 16 times as much. */
const MOST_GROWTH = 9;
/** For the collection of garbage and the compiler, in milliseconds. */
const NOISE = 250;
/** The collection of a whole heap can exceed the noise. It does not happen in each attempt, while work of more than linear time does. */
const ATTEMPTS = 3;

/**
 * Fails when the CPU time of `work` grows faster than its size, from `size` to four times as much. The sizes must be so large that
 * quadratic work takes seconds.
 */
export async function expectLinearTime(
  work: (size: number) => unknown,
  { size = 50_000 }: { size?: number } = {},
): Promise<void> {
  // The first call compiles.
  await work(Math.ceil(size / 10));
  const small = await cpuTime(() => work(size));
  const most = MOST_GROWTH * small + NOISE;
  let large = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < ATTEMPTS && large > most; attempt++)
    large = Math.min(large, await cpuTime(() => work(4 * size)));
  if (large > most)
    throw new Error(
      `${large.toFixed()} ms of CPU for the size ${4 * size}, but ${small.toFixed()} ms for ${size}: that is more than linear`,
    );
}

async function cpuTime(work: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
