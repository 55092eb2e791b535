import { Arena, type ParameterStore, type Tensor } from '@open-chatgpt/runtime';
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
    this.averages = store.groups.map(
      ({ weights }) =>
        new Arena(
          weights.tensors.map(({ shape }) => shape),
          'host',
        ),
    );
    this.forEachTensor((average, weights) => average.write(weights.read()));
  }

  update(): void {
    this.forEachTensor((average, weights) =>
      updateMovingAverage(average.floats, weights.read() as Float32Array, this.decay),
    );
  }

  /** Replaces the weights by their average. */
  apply(): void {
    this.forEachTensor((average, weights) => weights.write(average.floats));
  }

  files(): Record<string, CheckpointContent> {
    return Object.fromEntries(this.averages.map(({ contents }, index) => [fileName(index), contents]));
  }

  async restore(checkpoint: Checkpoint): Promise<void> {
    for (const [index, average] of this.averages.entries())
      await checkpoint.readInto(fileName(index), average.slots);
  }

  private forEachTensor(visit: (average: Tensor, weights: Tensor) => void): void {
    this.store.groups.forEach(({ weights }, group) => {
      weights.tensors.forEach((tensor, index) => {
        visit(this.averages[group].tensors[index], tensor);
      });
    });
  }
}

const fileName = (group: number) => `policy-ema-${group}.f32`;
