import { z } from 'zod';
import { strict } from './fields/parse';
import { resolveStages } from './resolve-stages';
import { modelSchema, pathSchema } from './sources';
import { modelRoles } from './stages/descriptor';
import { type AlgorithmName, type StageConfig, stageDescriptors } from './stages/registry';

/** How a conversation becomes text: known templates, and that of the model. */
export const chatTemplateNames = ['model', 'alpaca', 'vicuna', 'chatml', 'llama2'] as const;

/** The fields of a pipeline file beside its stages; a stage may not have one of these names. */
const pipelineFields = {
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
    .enum(chatTemplateNames)
    .default('model')
    .describe("how a conversation becomes text; model: the chat template in the model's tokenizer"),
};

export const reservedNames: readonly string[] = [...Object.keys(pipelineFields), 'stages'];

/** Short enough for a Kubernetes label together with the pipeline's id. */
const STAGE_NAME = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/;

const stageName = z
  .string()
  .regex(STAGE_NAME, {
    error: (issue) =>
      `expected lower-case letters, digits and "-", at most 32, for it names folders and runs; found ${JSON.stringify(issue.input)}`,
  })
  .refine((name) => !reservedNames.includes(name), {
    error: (issue) => `"${issue.input}" is a field of the pipeline; give the stage another name`,
  })
  .describe('unique name of the stage; the name of its algorithm by default');

function stageSchema(descriptor: (typeof stageDescriptors)[number]) {
  const roles = modelRoles.filter((role) => descriptor.models[role]);
  const models = Object.fromEntries(
    roles.map((role) => {
      const { description } = descriptor.models[role]!;
      return [role, pathSchema.optional().describe(`${description}: stage:<name>, or as model.path`)];
    }),
  );
  return strict({
    name: stageName,
    uses: z.literal(descriptor.name).describe(descriptor.title),
    models: strict(models)
      .prefault({})
      .describe(
        'models that the stage takes; by default the newest of that kind that an earlier stage makes',
      ),
    with: descriptor.config.prefault({}).describe('settings of the algorithm'),
  });
}

const [first, ...others] = stageDescriptors.map(stageSchema);

const stageUnion = z.discriminatedUnion('uses', [first, ...others]) as unknown as z.ZodType<StageConfig>;

/** The fields of a pipeline file as they are written, before references are resolved. */
export const pipelineFileSchema = strict({
  ...pipelineFields,
  stages: z.array(stageUnion).min(1).max(32).describe('what is done, in this order'),
});

/** A pipeline file: a model, and the stages that it goes through, in their order. */
export const pipelineSchema = pipelineFileSchema.transform((pipeline, context) => ({
  ...pipeline,
  stages: resolveStages(pipeline.stages, context),
}));

/** Complete: every field filled in, every path absolute, every model and dataset of a stage named. */
export type PipelineConfig = z.output<typeof pipelineSchema>;

/** The settings of a stage by the name of its algorithm. */
export type StageSettings<Name extends AlgorithmName> = StageConfig<Name>['with'];

/** The stage of that name. @throws Error that lists the stages there are */
export function stageNamed({ stages }: Pick<PipelineConfig, 'stages'>, name: string): StageConfig {
  const stage = stages.find((one) => one.name === name);
  if (stage) return stage;
  throw new Error(`there is no stage "${name}"; the stages are ${stages.map((one) => one.name).join(', ')}`);
}

/** The JSON Schema of a pipeline file, for editors and for checks in other languages. */
export function pipelineJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(pipelineSchema, {
    io: 'input',
    unrepresentable: 'any',
    // `completeRaw` names a stage that has no name before the schema sees it.
    override: ({ jsonSchema: { properties, required } }) => {
      if (properties?.uses && required) required.splice(required.indexOf('name'), 1);
    },
  }) as Record<string, unknown>;
}
