import { z } from 'zod';
import { count, flag, MOST, positive, within } from './fields/fields';
import { strict } from './fields/parse';

/**
 * A file or folder. Relative paths start at the folder of the pipeline file; `builtin:<name>` names what this
 * project ships or fetches itself. `~` and `$NAME` are refused, for nothing here expands them.
 */
export const pathSchema = z
  .string()
  .min(1)
  .refine((path) => !/^~|\$\{|\$[A-Za-z_]/.test(path), {
    error: (issue) =>
      `"~" and "$NAME" are not expanded in paths; write the path itself; found ${JSON.stringify(issue.input)}`,
  });

/** Examples that a built-in dataset generates; a file ends by itself. */
const MOST_GENERATED = 1_000_000;

const limitField = z
  .int()
  .min(1)
  .max(MOST.rows)
  .nullable()
  .default(null)
  .describe('use only the first so many examples; null uses all');

export const datasetSchema = strict({
  path: pathSchema.describe(
    'file or folder of the dataset, URL, owner/name of the hub, builtin:<name>, or dataset:<id> of the platform',
  ),
  adapter: z
    .string()
    .min(1)
    .optional()
    .describe('format of the rows; found out from the first ones by default'),
  columns: z
    .record(z.string().min(1), z.string().min(1))
    .optional()
    .describe(
      'the column of each field of a table, such as {prompt: question, output: answer}; by their names by default',
    ),
  evalFraction: within(0, 0.9, 0.05, 'share of the prompts held out for evaluation'),
  limit: limitField,
}).refine(({ path, limit }) => !path.startsWith('builtin:') || (limit ?? 0) <= MOST_GENERATED, {
  path: ['limit'],
  error: `expected at most ${MOST_GENERATED} of a dataset that is generated`,
});

export type DatasetSource = z.output<typeof datasetSchema>;

/** A LLaMA whose weights are drawn at random. */
export const scratchSchema = strict({
  hiddenSize: count(128, 65_536, 'width of the residual stream'),
  intermediateSize: count(344, 262_144, 'width of the feed-forward layer'),
  numHiddenLayers: count(4, 1024, 'transformer blocks'),
  numAttentionHeads: count(4, 1024, 'query heads'),
  numKeyValueHeads: z
    .int()
    .min(1)
    .max(1024)
    .optional()
    .describe('key and value heads; as many as query heads by default'),
  maxPositionEmbeddings: count(512, MOST.tokens, 'longest sequence in tokens'),
  ropeTheta: positive(10000, 'base of the rotary position embedding'),
  normEps: positive(1e-5, 'added to the mean square in RMSNorm'),
  tieWordEmbeddings: flag(true, 'use the token embedding as the output layer'),
  initializerRange: positive(0.02, 'standard deviation of the initial weights'),
  tokenizer: pathSchema
    .optional()
    .describe('folder with tokenizer.json; by default it is made from the training data'),
  vocabSize: count(
    512,
    MOST.vocabulary,
    'tokens of a tokenizer made from the data: each of its characters, and frequent sequences',
  ),
}).superRefine((dims, context) => {
  const complain = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message, input: dims });
  const heads = dims.numAttentionHeads;
  if ((dims.hiddenSize / heads) % 2 !== 0) {
    complain(
      'hiddenSize',
      `expected an even multiple of numAttentionHeads (${heads}); found ${dims.hiddenSize}`,
    );
  }
  if (dims.numKeyValueHeads !== undefined && heads % dims.numKeyValueHeads !== 0) {
    complain(
      'numKeyValueHeads',
      `expected a divisor of numAttentionHeads (${heads}); found ${dims.numKeyValueHeads}`,
    );
  }
});

export type ScratchDimensions = z.output<typeof scratchSchema>;
export type ModelSource = { path: string } | { scratch: ScratchDimensions };

export const modelSchema = strict({
  path: pathSchema
    .optional()
    .describe(
      'Hugging Face folder, .gguf file, builtin:<name>, owner/name of the hub, or a model of a platform: store:<id>, s3://…',
    ),
  scratch: scratchSchema.optional().describe('start from random weights of these dimensions'),
})
  .refine(({ path, scratch }) => (path === undefined) !== (scratch === undefined), {
    error: 'expected exactly one of "path" (a pre-trained model) and "scratch" (random weights)',
  })
  .transform(({ path, scratch }): ModelSource => (path !== undefined ? { path } : { scratch: scratch! }));
