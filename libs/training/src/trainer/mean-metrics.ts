/** What the schedule sets rather than the data: its last value says more than a mean of values that nothing was trained with. */
const LAST = new Set(['learningRate']);

/** Adds the metrics of one step or update to the sums of several. */
export function addMetrics(sums: Record<string, number>, metrics: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(metrics))
    sums[name] = LAST.has(name) ? value : (sums[name] ?? 0) + value;
}

/** The mean of each metric over `count` steps or updates, and the last learning rate. */
export function meanMetrics(sums: Readonly<Record<string, number>>, count: number): Record<string, number> {
  return Object.fromEntries(
    Object.entries(sums).map(([name, sum]) => [name, LAST.has(name) ? sum : sum / count]),
  );
}
