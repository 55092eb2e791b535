import { z } from 'zod';
import { strict } from './fields/parse';
import { datasetSchema, modelSchema, pathSchema } from './sources';
import { ppoFields } from './stages/ppo';
import { checkPpoSizes, resolvePpoSizes } from './stages/ppo-sizes';
import { rewardFields } from './stages/reward';
import { sftFields } from './stages/sft';
import { type SftPresetName, sftPresets } from './stages/sft-presets';

const presetNames = Object.keys(sftPresets) as SftPresetName[];

const sftStage = strict({
  dataset: datasetSchema.describe('instructions and answers'),
  preset: z.enum(presetNames).optional().describe('starting point for the fields that are not given'),
  ...sftFields,
});

const rewardStage = strict({
  dataset: datasetSchema.describe('pairs of answers, one preferred'),
  ...rewardFields,
});

const ppoStage = strict({
  prompts: datasetSchema.describe('prompts that the policy answers'),
  rewardModel: pathSchema
    .optional()
    .describe(
      'folder of a trained reward model, or store:<id> of the platform; by default that of the stage before',
    ),
  ...ppoFields,
})
  .superRefine(checkPpoSizes)
  .transform(resolvePpoSizes);

/** A pipeline file: one model and the stages it goes through, in this order: sft, reward, ppo. */
export const pipelineSchema = strict({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, {
      error: (issue) =>
        `expected letters, digits, ".", "_" and "-", at most 63, for it names a folder; found ${JSON.stringify(issue.input)}`,
    })
    .describe('name of the run'),
  outputDir: pathSchema.optional().describe('folder of the run; runs/<name> by default'),
  seed: z.int().min(0).max(0xffffffff).default(42).describe('seed of every stage that names none of its own'),
  threads: z
    .int()
    .min(1)
    .max(1024)
    .optional()
    .describe('threads of the engine; the number of cores by default'),
  model: modelSchema.describe('where the weights come from'),
  template: z
    .enum(['model', 'alpaca', 'vicuna', 'chatml', 'llama2'])
    .default('model')
    .describe("how a conversation becomes text; model: the chat template in the model's tokenizer"),
  sft: sftStage.optional().describe('supervised fine-tuning'),
  reward: rewardStage.optional().describe('reward model'),
  ppo: ppoStage.optional().describe('reinforcement learning from the reward model'),
}).superRefine((pipeline, context) => {
  const complain = (path: string[], message: string) =>
    context.addIssue({ code: 'custom', path, message, input: pipeline });
  const { sft, reward, ppo } = pipeline;
  if (!sft && !reward && !ppo) complain([], 'nothing to do: expected at least one of sft, reward, ppo');
  if (ppo && !reward && !ppo.rewardModel) {
    complain(['ppo'], 'needs a reward model: add a reward section, or name a trained one as rewardModel');
  }
  if (ppo && ppo.ptxCoef > 0 && !sft) {
    complain(['ppo', 'ptxCoef'], `mixes in the SFT loss and so needs an sft section; found ${ppo.ptxCoef}`);
  }
});

/** Every field filled in and every path absolute. */
export type PipelineConfig = z.output<typeof pipelineSchema>;
export type SftStageConfig = NonNullable<PipelineConfig['sft']>;
export type RewardStageConfig = NonNullable<PipelineConfig['reward']>;
export type PpoStageConfig = NonNullable<PipelineConfig['ppo']>;
