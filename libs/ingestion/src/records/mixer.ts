/** The position of a mixture, as JSON. */
export interface MixerState {
  taken: number[];
  ended: boolean[];
}

/** A mixture ends when every source has ended, or as soon as one has, which keeps the proportions to the end. */
export type MixEnd = 'everySource' | 'anySource';

/**
 * Selects the source of the next row, so that the rows taken so far are always in proportion to the weights, as nearly as whole rows
 * allow. It is deterministic: the source that is furthest behind is next (the divisor method of Webster and Sainte-Laguë, which allocates
 * seats to parties).
 */
export class Mixer {
  private state: MixerState;

  constructor(
    private readonly weights: readonly number[],
    private readonly end: MixEnd,
  ) {
    const wrong = weights.findIndex((weight) => !(weight > 0 && Number.isFinite(weight)));
    if (wrong !== -1)
      throw new Error(
        `mix: the weight of source ${wrong} is ${weights[wrong]}; expected more than 0, as 0.5.`,
      );
    this.state = { taken: weights.map(() => 0), ended: weights.map(() => false) };
  }

  /** The source of the next row, or null when the mixture has ended. */
  next(): number | null {
    const { taken, ended } = this.state;
    if (this.end === 'anySource' && ended.includes(true)) return null;
    let best: number | null = null;
    let bestPlace = Number.POSITIVE_INFINITY;
    this.weights.forEach((weight, source) => {
      const place = (taken[source] + 0.5) / weight;
      if (ended[source] || place >= bestPlace) return;
      best = source;
      bestPlace = place;
    });
    return best;
  }

  /** Counts the examples of a row: 0 for a dropped one, more than 1 for a row with several. */
  took(source: number, examples: number): void {
    this.state.taken[source] += examples;
  }

  /** Examples taken from a source so far. */
  taken(source: number): number {
    return this.state.taken[source];
  }

  ended(source: number): void {
    this.state.ended[source] = true;
  }

  save(): MixerState {
    return structuredClone(this.state);
  }

  restore(state: MixerState): void {
    this.state = structuredClone(state);
  }
}
