import {
  compileForward,
  compileTraining,
  type ForwardProgram,
  type Model,
  type Objective,
  type ObjectiveContext,
  type TrainingProgram,
} from '@open-chatgpt/models';
import { LRUCache } from 'lru-cache';

/** Number of cached shapes: enough for all lengths up to 512. */
const KEPT_SHAPES = 16;

const compiledCache = <P extends object>(compile: (key: string) => P) =>
  new LRUCache<string, P>({ max: KEPT_SHAPES, memoMethod: compile });

export interface BatchShape {
  batch: number;
  length: number;
}

export interface TrainingProgramOptions {
  gradientCheckpointing: boolean;
  packed?: boolean;
}

/** Training graphs of one model and loss, compiled at the first use of each batch shape. */
export class TrainingPrograms {
  private readonly cache: LRUCache<string, TrainingProgram>;

  constructor(model: Model, objective: Objective, options: TrainingProgramOptions) {
    const dropout = (model.lora?.loraDropout ?? 0) > 0;
    this.cache = compiledCache((key) => {
      const { batch, length, accumulate } = JSON.parse(key) as BatchShape & { accumulate: boolean };
      return compileTraining(model, objective, { batch, length, accumulate, dropout, ...options });
    });
  }

  /** @param accumulate add to the existing gradients */
  of({ batch, length }: BatchShape, accumulate: boolean): TrainingProgram {
    return this.cache.memo(JSON.stringify({ batch, length, accumulate }));
  }
}

/** Forward graphs of one model, compiled at the first use of each batch shape. */
export class ForwardPrograms {
  private readonly cache: LRUCache<string, ForwardProgram>;

  constructor(model: Model, outputs: (on: ObjectiveContext) => void) {
    this.cache = compiledCache((key) => {
      const { batch, length } = JSON.parse(key) as BatchShape;
      return compileForward(model, outputs, { batch, length });
    });
  }

  of({ batch, length }: BatchShape): ForwardProgram {
    return this.cache.memo(JSON.stringify({ batch, length }));
  }
}
