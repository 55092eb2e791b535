import type { StageName } from '@open-chatgpt/pipeline';

/**
 * The progress contract between the training loops and whoever shows them: a progress bar, metrics.jsonl,
 * a report, a message bus. Events are plain JSON; numbers that are not finite become null when written.
 */
/** One prompt and what the model answered, for people to read. */
export interface Sample {
  prompt: string;
  response: string;
  /** Score of the reward model, where one was at hand. */
  reward?: number;
  /** The answer that the data set gives, or the answer to compare with. */
  reference?: string;
}

export interface StageStarted {
  type: 'started';
  stage: StageName;
  totalSteps: number;
  /** Steps already done: more than 0 after a resume. */
  step: number;
  /** Facts about the stage worth showing: parameters, examples, device … */
  info: Record<string, string | number>;
}

export interface StageStepped {
  type: 'step';
  stage: StageName;
  /** Counted from 1: the number of optimizer steps (PPO: iterations) done. */
  step: number;
  totalSteps: number;
  metrics: Record<string, number>;
  /** Tokens processed since the previous `step` event, and the wall-clock seconds they took. */
  tokens: number;
  seconds: number;
}

export interface StageEvaluated {
  type: 'evaluated';
  stage: StageName;
  step: number;
  metrics: Record<string, number>;
}

export interface StageSampled {
  type: 'samples';
  stage: StageName;
  step: number;
  samples: Sample[];
}

export interface StageCheckpointed {
  type: 'checkpointed';
  stage: StageName;
  step: number;
  path: string;
}

export interface StageWarned {
  type: 'warning';
  stage: StageName;
  message: string;
}

export interface StageFinished {
  type: 'finished';
  stage: StageName;
  summary: Record<string, number | string>;
}

export type StageEvent =
  | StageStarted
  | StageStepped
  | StageEvaluated
  | StageSampled
  | StageCheckpointed
  | StageWarned
  | StageFinished;

export type StageListener = (event: StageEvent) => void;

/** An event as it stands in metrics.jsonl: with the ISO 8601 time at which it was written. */
export type RecordedEvent = StageEvent & { time: string };
