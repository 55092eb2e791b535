import { Arena, type ParameterStore } from '@open-chatgpt/runtime';
import type { CheckpointContent } from '../../checkpoint/files';
import type { Checkpoint } from '../../checkpoint/load';
import { updateMovingAverage } from '../../losses/ema';

/** Exponential moving average of the policy's trained weights. A run that keeps one exports it instead of the last weights. */
export class EmaPolicy {
  private readonly averages: Arena[];

  constructor(
    private readonly store: ParameterStore,
    private readonly decay: number,
  ) {
    this.averages = store.groups.map(({ weights }) => {
      const average = new Arena(weights.segments.map((segment) => segment.length));
      average.copyFrom(weights);
      return average;
    });
  }

  update(): void {
    this.forEachSegment((average, weights) => updateMovingAverage(average, weights, this.decay));
  }

  /** Replaces the weights by their average. */
  apply(): void {
    this.forEachSegment((average, weights) => weights.set(average));
  }

  files(): Record<string, CheckpointContent> {
    return Object.fromEntries(this.averages.map(({ segments }, index) => [fileName(index), segments]));
  }

  async restore(checkpoint: Checkpoint): Promise<void> {
    for (const [index, { segments }] of this.averages.entries())
      await checkpoint.readInto(fileName(index), segments);
  }

  private forEachSegment(visit: (average: Float32Array, weights: Float32Array) => void): void {
    this.store.groups.forEach(({ weights }, group) => {
      weights.segments.forEach((segment, index) => {
        visit(this.averages[group].segments[index], segment);
      });
    });
  }
}

const fileName = (group: number) => `policy-ema-${group}.f32`;
