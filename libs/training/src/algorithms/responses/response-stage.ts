import type { Model } from '@open-chatgpt/models';
import type { DataRole, StageConfig } from '@open-chatgpt/pipeline';
import { createRng } from '@open-chatgpt/random';
import { type Opening, openRows, type RowOf, type StageRows } from '../../data/open-rows';
import type { BaseModel, ModelDescription } from '../../pipeline/base-model';
import { createStageModel, frozenModel } from '../../pipeline/stage-models';
import { restoreWeights } from '../../trainer/saved-state';
import { type Algorithm, measureRows, reportRows } from '../algorithm';
import { answerSampler, type HeldOutPrompt } from './answer-sampler';
import type { ResponseRun } from './response-run';

/** Stages that learn from judged responses, relative to a reference. */
type Name = 'dpo' | 'kto';
type Config<N extends Name> = StageConfig<N>['with'];

interface ResponseStage<N extends Name, Role extends DataRole> {
  name: N;
  role: Role;
  /** Work of a step in forward and backward passes of the policy. */
  passesOf(config: Config<N>): number;
  /** Held-out prompts to answer, with a good answer to compare with. */
  promptsOf(rows: StageRows<Role>): HeldOutPrompt[];
  train(run: ResponseRun<RowOf<Role>, Config<N>>): Promise<unknown>;
}

/** A stage that trains a language model on such rows with its loop. */
export function responseStage<N extends Name, Role extends DataRole>({
  name,
  role,
  passesOf,
  promptsOf,
  train: trainOn,
}: ResponseStage<N, Role>): Algorithm<N> {
  const newModel = (base: BaseModel, config: Config<N>): Model =>
    createStageModel(base, config, createRng(config.seed).fork(name));
  const rowsOf = (
    model: ModelDescription,
    { dataset, maxLength, seed }: Config<N>,
    { signal, onIngest }: Opening,
  ) => openRows(dataset, role, { model, maxLength, seed, signal, onIngest });
  return {
    async measure(model, config, opening) {
      return measureRows(await rowsOf(model, config, opening), config, passesOf(config));
    },

    async train({ config, base, reference, environment }) {
      const model = newModel(base, config);
      const rows = await rowsOf(base, config, environment);
      const { train, evaluation } = rows;
      try {
        reportRows(environment.listen, rows);
        await trainOn({
          ...environment,
          model,
          config,
          train,
          evaluation,
          openReference: async () => frozenModel(await reference(), config),
          padTokenId: base.tokenizer.padTokenId,
          sample: answerSampler(base, model, promptsOf(rows), config, environment.signal),
        });
      } finally {
        await train.close();
      }
      return { kind: 'language-model', model };
    },

    async restore({ config, base }, checkpoint) {
      const model = newModel(base, config);
      await restoreWeights(checkpoint, model.trained, '');
      return { kind: 'language-model', model };
    },
  };
}
