import {
  compileForward,
  compileTraining,
  type Model,
  type Objective,
  type ObjectiveContext,
  type TrainingProgram,
} from '@open-chatgpt/models';
import type { Program } from '@open-chatgpt/runtime';
import { LruCache } from './lru-cache';

/** Shapes kept compiled at a time; rows are padded to multiples of 32, so few lengths occur. */
const KEPT_SHAPES = 12;

export interface BatchShape {
  batch: number;
  length: number;
}

export interface TrainingProgramOptions {
  gradientCheckpointing: boolean;
  packed?: boolean;
}

/** Training graphs of one model and loss, compiled for each batch shape when it first occurs. */
export class TrainingPrograms {
  private readonly cache: LruCache<TrainingProgram>;

  constructor(model: Model, objective: Objective, options: TrainingProgramOptions) {
    const dropout = (model.lora?.loraDropout ?? 0) > 0;
    this.cache = new LruCache(KEPT_SHAPES, (key) => {
      const { batch, length, accumulate } = JSON.parse(key) as BatchShape & { accumulate: boolean };
      return compileTraining(model, objective, { batch, length, accumulate, dropout, ...options });
    });
  }

  /** @param accumulate add to the gradients that are there */
  of({ batch, length }: BatchShape, accumulate: boolean): TrainingProgram {
    return this.cache.get(JSON.stringify({ batch, length, accumulate }));
  }
}

/** Forward graphs of one model, compiled for each batch shape when it first occurs. */
export class ForwardPrograms {
  private readonly cache: LruCache<Program>;

  constructor(model: Model, outputs: (on: ObjectiveContext) => void) {
    this.cache = new LruCache(KEPT_SHAPES, (key) => {
      const { batch, length } = JSON.parse(key) as BatchShape;
      return compileForward(model, outputs, { batch, length });
    });
  }

  of({ batch, length }: BatchShape): Program {
    return this.cache.get(JSON.stringify({ batch, length }));
  }
}
