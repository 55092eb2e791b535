import { z } from 'zod';

const characters = (least: number, what: string) => z.int().min(0).default(least).describe(what);

/** Which rules clean the rows of a dataset. Every field has a default that suits instruction data. */
export const cleaningOptions = z.strictObject({
  controlCharacters: z
    .enum(['remove', 'drop', 'keep'])
    .default('remove')
    .describe('remove them from the texts, drop the example, or keep them'),
  invalidUnicode: z.enum(['drop', 'keep']).default('drop').describe('lone surrogates and U+FFFD'),
  noInput: z.boolean().default(true).describe('<noinput> and its like become an empty input'),
  placeholders: z.boolean().default(true).describe('drop placeholder answers, such as <No Output>'),
  minPromptCharacters: characters(1, 'shortest prompt'),
  minAnswerCharacters: characters(1, 'shortest answer'),
  maxCharacters: characters(200_000, 'longest example'),
  maxRepetition: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('the largest share of an answer that may repeat itself; 1 disables the rule'),
  refusals: z
    .boolean()
    .default(false)
    .describe(
      'drop refusals, such as "As an AI language model"; in a pair, only the better answer is checked',
    ),
  selfReference: z.boolean().default(false).describe('drop answers that call themselves ChatGPT or the like'),
  personalData: z
    .enum(['keep', 'mask', 'drop'])
    .default('keep')
    .describe('email addresses, telephone, card and identity numbers, IP addresses'),
});

export type CleaningOptions = z.input<typeof cleaningOptions>;
