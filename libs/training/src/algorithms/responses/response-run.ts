import type { RowSource } from '@open-chatgpt/datasets';
import type { Model } from '@open-chatgpt/models';
import type { Sample } from '@open-chatgpt/runs';
import type { StageEnvironment } from '../../trainer/stage-loop';
import type { LossProgress } from '../../trainer/train-on-rows';

/** What a loop needs that learns from responses which people have judged. */
export interface ResponseRun<Row, Config> extends StageEnvironment {
  model: Model;
  /** Opens the model that the policy is compared with, frozen. Called at most once. */
  openReference: () => Promise<Model>;
  train: RowSource<Row>;
  evaluation: readonly Row[];
  padTokenId: number | null;
  config: Config;
  /** Answers to held-out prompts, for people to read. */
  sample?: () => Promise<Sample[]>;
}

/** Without an evaluation where nothing was held out. */
export interface ResponseProgress extends LossProgress {
  evalLossBefore?: number;
  evalLossAfter?: number;
  accuracyBefore?: number;
  accuracyAfter?: number;
  marginAfter?: number;
}

/** The loss and the implicit rewards on held-out rows. */
export interface ResponseEvaluation {
  loss: number;
  metrics: Record<string, number>;
}

/**
 * Reports an evaluation, with answers for people to read.
 * @param counted the number of held-out rows, by its name
 */
export async function reportEvaluation(
  { listen, sample }: Pick<ResponseRun<unknown, unknown>, 'listen' | 'sample'>,
  step: number,
  { loss, metrics }: ResponseEvaluation,
  counted: Record<string, number>,
): Promise<ResponseProgress> {
  const samples = (await sample?.()) ?? [];
  listen({ type: 'evaluated', step, metrics: { evalLoss: loss, ...metrics, ...counted } });
  if (samples.length > 0) listen({ type: 'samples', step, samples });
  const before = step === 0 ? { evalLossBefore: loss, accuracyBefore: metrics.accuracy } : {};
  return { ...before, evalLossAfter: loss, accuracyAfter: metrics.accuracy, marginAfter: metrics.margin };
}
