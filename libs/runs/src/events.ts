import type { AlgorithmName } from '@open-chatgpt/pipeline';

/**
 * The progress contract between the training loops and their listeners: a progress bar, metrics.jsonl,
 * a report, a message bus. Events are plain JSON; numbers that are not finite become null when written.
 */
/** One prompt and what the model answered, or a pair of answers with their scores, for people to read. */
export interface Sample {
  prompt: string;
  /** What the model answered; of a pair, the preferred answer. */
  response: string;
  /** Score of the reward model, where there is one. */
  reward?: number;
  /** The answer that the dataset gives, or the answer to compare with. */
  reference?: string;
  /** Whether the response is the right answer, where that can be checked. */
  right?: boolean;
  /** The other answer of a pair. Its presence makes the sample a pair. */
  rejected?: { response: string; reward: number };
}

export interface StageStarted {
  type: 'started';
  /** Name of the stage in its pipeline. */
  stage: string;
  algorithm: AlgorithmName;
  totalSteps: number;
  /** Steps already done: more than 0 after a resume. */
  step: number;
  /** Facts about the stage worth showing: parameters, examples, device … */
  info: Record<string, string | number>;
}

export interface StageStepped {
  type: 'step';
  stage: string;
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
  stage: string;
  step: number;
  metrics: Record<string, number>;
}

export interface StageSampled {
  type: 'samples';
  stage: string;
  step: number;
  samples: Sample[];
}

export interface StageCheckpointed {
  type: 'checkpointed';
  stage: string;
  step: number;
  path: string;
}

export interface StageWarned {
  type: 'warning';
  stage: string;
  message: string;
}

export interface StageFinished {
  type: 'finished';
  stage: string;
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

type WithoutStage<E> = E extends StageEvent ? Omit<E, 'stage' | 'algorithm'> : never;

/** An event as a training loop reports it: the loop does not know the name of its stage. */
export type LoopEvent = WithoutStage<StageEvent>;

/** An event as it stands in metrics.jsonl: with the ISO 8601 time at which it was written. */
export type RecordedEvent = StageEvent & { time: string };

/** The first start of each stage, in the order in which they ran. */
export function stagesOf(events: readonly RecordedEvent[]): StageStarted[] {
  const starts = new Map<string, StageStarted>();
  for (const event of events)
    if (event.type === 'started' && !starts.has(event.stage)) starts.set(event.stage, event);
  return [...starts.values()];
}
