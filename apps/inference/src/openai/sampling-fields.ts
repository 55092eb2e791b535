import { z } from 'zod';
import { invalidRequest } from './openai-error';

const between = (least: number, most: number) => z.number().min(least).max(most);
const stopText = z.string().min(1);

/** Far more levels than anyone needs. */
const MOST_PRIORITY = 1_000_000;

/** A field that is accepted only with a value that asks for what the server does anyway. */
export const onlyAccepts = (accepted: z.ZodType, supported: string) =>
  z
    .unknown()
    .refine((value) => accepted.safeParse(value).success, `this server supports only ${supported}`)
    .optional();

/** Fields that chat and text completions share, by OpenAI's names; fields that OpenAI lacks have vLLM's names, and beams that of Hugging Face. */
export const samplingFields = {
  model: z.string(),
  temperature: between(0, 2).optional(),
  top_p: between(0, 1).optional(),
  top_k: z.int().min(-1).optional(),
  min_p: between(0, 1).optional(),
  frequency_penalty: between(-2, 2).optional(),
  presence_penalty: between(-2, 2).optional(),
  repetition_penalty: z.number().positive().max(10).optional(),
  logit_bias: z.record(z.string().regex(/^\d+$/, 'expected token ids'), between(-100, 100)).optional(),
  max_tokens: z.int().min(1).optional(),
  min_tokens: z.int().min(0).optional(),
  stop: z.union([stopText, z.array(stopText).max(16)]).optional(),
  stop_token_ids: z.array(z.int().min(0)).max(64).optional(),
  ignore_eos: z.boolean().optional(),
  seed: z.int().optional(),
  cache_salt: z.string().min(1).max(256).optional(),
  prompt_logprobs: z.int().min(0).max(20).optional(),
  truncate_prompt_tokens: z.int().min(1).optional(),
  return_token_ids: z.boolean().default(false),
  priority: z.int().min(-MOST_PRIORITY).max(MOST_PRIORITY).optional(),
  n: z.int().min(1).max(128).default(1),
  num_beams: z.int().min(1).max(16).default(1),
  stream: z.boolean().default(false),
  stream_options: z
    .object({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() })
    .optional(),
};

/** The fields of a request that control sampling. */
export type SamplingRequest = z.output<z.ZodObject<typeof samplingFields>>;

/** @throws OpenAiError for a stream, whose chunks have no place for the log-probabilities of a prompt */
export function checkPromptLogProbs({ prompt_logprobs: count, stream }: SamplingRequest): void {
  if (count !== undefined && stream)
    throw invalidRequest(
      'prompt_logprobs has no place in a stream; set stream: false, or leave it out',
      'prompt_logprobs',
    );
}
