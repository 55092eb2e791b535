/** Where a mixture stands, as JSON. */
export interface MixerState {
  taken: number[];
  ended: boolean[];
}

/** When a mixture ends: when every source has, or as soon as one has, so that the proportions hold to the end. */
export type MixEnd = 'everySource' | 'anySource';

/**
 * Decides which of several sources gives the next row, so that at every moment what was taken is in proportion to the
 * weights, as nearly as whole rows allow. No chance is involved: the source that is furthest behind comes next (the
 * divisor method of Webster and Sainte-Laguë, which gives seats to parties).
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

  /** The source to ask, or null when the mixture has ended. */
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

  /** Counts what a source gave: of a row that was dropped 0, of one that became several examples more than 1. */
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
