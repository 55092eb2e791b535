import type { RowSource, UnpaddedRow } from '@open-chatgpt/datasets';
import type { Model } from '@open-chatgpt/models';
import { type StageSettings, usesValues } from '@open-chatgpt/pipeline';
import { type Opening, openRows } from '../../data/open-rows';
import { exactMatch, type HeldOutPrompt, responseText, samplesOf } from '../../pipeline/answers';
import type { BaseModel, ModelDescription } from '../../pipeline/base-model';
import { paddedLength, type StageWork } from '../../pipeline/stage-work';
import { nothingLearnedByPolicy } from '../../schedule/nothing-learned';
import { restoreWeights } from '../../trainer/saved-state';
import { type Algorithm, longestOf, type MadeModel, reportRows, type StageContext } from '../algorithm';
import { EmaPolicy } from './ema-policy';
import type { DescribeResponses } from './evaluate';
import { LocalWorkers } from './local-workers';
import { createActor, createCritic, createPolicy, createValueTrainer } from './models';
import { trainPpo } from './train';
import type { PpoWorkers } from './workers';

/** Creates the workers of a run: in this process (`localWorkers`) or in services. */
export type CreatePpoWorkers = (policy: Model, context: StageContext<'ppo'>) => Promise<PpoWorkers>;

/** Workers in this process, on the weights that are trained. */
const localWorkers: CreatePpoWorkers = async (policy, { base, config, rewardModel, environment }) => {
  const { padTokenId } = base.tokenizer;
  const scorer = await rewardModel();
  const valueTrainer = usesValues(config) ? createValueTrainer(scorer, config, padTokenId) : null;
  return new LocalWorkers(
    createActor(policy, base, config),
    createCritic(scorer, valueTrainer?.model ?? null, config, padTokenId),
    valueTrainer,
    environment.signal,
  );
};

/** PPO with the workers that `createWorkers` makes. */
export function ppoWith(createWorkers: CreatePpoWorkers): Algorithm<'ppo'> {
  return {
    async measure(model, config, opening) {
      const { train, evaluation, dropped, warnings } = await promptsOf(model, config, opening);
      await train.close();
      return {
        examples: train.size,
        heldOut: Math.min(evaluation.length, config.evalSamples),
        dropped,
        warnings: [...warnings, ...nothingLearnedByPolicy(config)],
        totalSteps: config.iterations,
        longest: longestOf(train.lengths) + config.responseLength,
        work: workOf(train.lengths, config),
      };
    },

    async train(context) {
      const { base, config, environment } = context;
      const policy = createPolicy(base, config);
      const rows = await promptsOf(base, config, environment);
      const { train: prompts, evaluation, heldOut } = rows;
      reportRows(environment.listen, {
        ...rows,
        warnings: [...rows.warnings, ...nothingLearnedByPolicy(config)],
      });
      const held = evaluation.slice(0, config.evalSamples).map(({ inputIds }, i) => ({
        example: heldOut[i],
        ids: Array.from(inputIds),
      }));
      let pretraining: RowSource<UnpaddedRow> | null = null;
      try {
        pretraining = await pretrainingRows(base, config, environment.signal);
        const workers = await createWorkers(policy, context);
        try {
          await trainPpo({
            ...environment,
            policy,
            workers,
            prompts,
            evaluationPrompts: held.map(({ ids }) => ids),
            pretraining,
            describe: describeWith(base, held),
            padTokenId: base.tokenizer.padTokenId,
            config,
          });
        } finally {
          await workers.stop();
        }
      } finally {
        await prompts.close();
        await pretraining?.close();
      }
      return made(policy, config);
    },

    async restore({ base, config }, checkpoint) {
      const policy = createPolicy(base, config);
      await restoreWeights(checkpoint, policy.trained, 'policy-');
      if (config.emaDecay > 0) {
        const average = new EmaPolicy(policy.trained, config.emaDecay);
        await average.restore(checkpoint);
        average.apply();
      }
      return made(policy, config);
    },
  };
}

export const ppo = ppoWith(localWorkers);

/** The policy is best sampled as it was in training. */
function made(model: Model, { temperature, topK, topP }: StageSettings<'ppo'>): MadeModel {
  const generationConfig = { do_sample: true, temperature, top_k: topK, top_p: topP };
  return { kind: 'language-model', model, generationConfig };
}

/** What an iteration computes on average, with responses of full length: most are shorter, so this is an upper bound. */
function workOf(prompts: ArrayLike<number>, config: StageSettings<'ppo'>): StageWork {
  const { rolloutBatchSize, perDeviceTrainBatchSize, responseLength, numPpoEpochs, numMiniBatches } = config;
  const policyShare = Math.max(0, 1 - config.criticWarmup / config.iterations);
  const length = paddedLength(prompts, perDeviceTrainBatchSize, false) + responseLength;
  const rollouts = rolloutBatchSize / perDeviceTrainBatchSize;
  const sampling = (rollouts * responseLength) / length;
  const values = usesValues(config) ? 1 : 0;
  // Forward passes of reference, reward model and value model.
  const scoring = (rollouts * (2 + values)) / 3;
  // The value model; after its warm-up the policy too, and the supervised rows that are mixed in.
  const learning = numPpoEpochs * rollouts * (values + policyShare * (config.ptxCoef > 0 ? 2 : 1));
  const updates = (values + policyShare) * numPpoEpochs * numMiniBatches;
  return { passes: sampling + scoring + learning, updates, length, atMost: true };
}

const promptsOf = (
  model: ModelDescription,
  { prompts, maxPromptLength, responseLength, seed }: StageSettings<'ppo'>,
  { signal, onIngest }: Opening,
) =>
  openRows(prompts, 'prompts', {
    model,
    maxLength: maxPromptLength,
    setting: 'maxPromptLength',
    answerLength: responseLength,
    seed,
    signal,
    onIngest,
  });

/** The rows of the supervised loss, if it is mixed in. */
async function pretrainingRows(
  model: BaseModel,
  { ptxCoef, ptxDataset, seed, maxPromptLength, responseLength }: StageSettings<'ppo'>,
  signal: AbortSignal | undefined,
): Promise<RowSource<UnpaddedRow> | null> {
  if (!(ptxCoef > 0) || !ptxDataset) return null;
  const maxLength = maxPromptLength + responseLength;
  const { train } = await openRows(ptxDataset, 'instructions', {
    model,
    maxLength,
    setting: 'maxPromptLength + responseLength',
    seed,
    signal,
  });
  return train;
}

function describeWith(
  { tokenizer, template }: BaseModel,
  prompts: readonly HeldOutPrompt[],
): DescribeResponses {
  return async (responses) => {
    const texts = await Promise.all(
      responses.map(({ response }) => responseText(tokenizer, template, response)),
    );
    const rewards = responses.map(({ reward }) => reward);
    return { samples: samplesOf(prompts, texts, texts.length, rewards), metrics: exactMatch(prompts, texts) };
  };
}
