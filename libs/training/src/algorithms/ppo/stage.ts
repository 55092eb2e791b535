import { type TokenizedSupervised, tokenizeAll, tokenizeSupervised } from '@open-chatgpt/datasets';
import type { Model } from '@open-chatgpt/models';
import type { StageSettings } from '@open-chatgpt/pipeline';
import { exactMatch, type HeldOutPrompt, responseText, samplesOf } from '../../pipeline/answers';
import type { BaseModel } from '../../pipeline/base-model';
import { loadExamples } from '../../pipeline/data';
import { tokenizePrompts } from '../../pipeline/prompts';
import { restoreWeights } from '../../trainer/saved-state';
import { type Algorithm, longestOf, type MadeModel, type StageContext } from '../algorithm';
import { EmaPolicy } from './ema-policy';
import type { DescribeResponses } from './evaluate';
import { LocalWorkers } from './local-workers';
import { createActor, createCritic, createPolicy, createValueTrainer } from './models';
import { trainPpo } from './train';
import type { PpoWorkers } from './workers';

/** Creates the workers of a run: in this process (`localWorkers`) or in services. */
export type CreatePpoWorkers = (policy: Model, context: StageContext<'ppo'>) => Promise<PpoWorkers>;

/** Workers in this process, on the weights that are trained. */
const localWorkers: CreatePpoWorkers = async (policy, { base, config, rewardModel }) => {
  const { padTokenId } = base.tokenizer;
  const scorer = await rewardModel();
  const valueTrainer = createValueTrainer(scorer, config, padTokenId);
  return new LocalWorkers(
    createActor(policy, base, config),
    createCritic(scorer, valueTrainer.model, config, padTokenId),
    valueTrainer,
  );
};

/** PPO with the workers that `createWorkers` makes. */
export function ppoWith(createWorkers: CreatePpoWorkers): Algorithm<'ppo'> {
  return {
    async measure(model, config) {
      const data = await loadExamples(config.prompts, 'prompts', config.seed);
      const prompts = await tokenizePrompts(model, data.train, config.maxPromptLength);
      const tooLong = data.train.length - prompts.length;
      return {
        examples: prompts.length,
        heldOut: Math.min(data.evaluation.length, config.evalSamples),
        dropped: { ...data.dropped, ...(tooLong > 0 && { promptTooLong: tooLong }) },
        totalSteps: config.iterations,
        longest: longestOf(prompts.map(({ ids }) => ids.length)) + config.responseLength,
      };
    },

    async train(context) {
      const { base, config, environment } = context;
      const policy = createPolicy(base, config);
      const data = await loadExamples(config.prompts, 'prompts', config.seed);
      const prompts = await tokenizePrompts(base, data.train, config.maxPromptLength);
      const heldOut = await tokenizePrompts(
        base,
        data.evaluation.slice(0, config.evalSamples),
        config.maxPromptLength,
      );
      const pretraining = await pretrainingRows(base, config);
      const workers = await createWorkers(policy, context);
      try {
        await trainPpo({
          ...environment,
          policy,
          workers,
          prompts: prompts.map(({ ids }) => ids),
          evaluationPrompts: heldOut.map(({ ids }) => ids),
          pretraining,
          describe: describeWith(base, heldOut),
          padTokenId: base.tokenizer.padTokenId,
          config,
        });
      } finally {
        await workers.stop();
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

/** The rows of the supervised loss, if it is mixed in. */
async function pretrainingRows(
  { tokenizer, template }: BaseModel,
  { ptxCoef, ptxDataset, seed, maxPromptLength, responseLength }: StageSettings<'ppo'>,
): Promise<TokenizedSupervised[]> {
  if (!(ptxCoef > 0) || !ptxDataset) return [];
  const { train } = await loadExamples(ptxDataset, 'supervised', seed);
  const maxLength = maxPromptLength + responseLength;
  const { items } = await tokenizeAll(train, (example) =>
    tokenizeSupervised(example, tokenizer, template, { maxLength }),
  );
  return items;
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
