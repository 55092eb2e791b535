import { z } from 'zod';
import { apiSchemas } from './api';
import { invalidRequest } from './openai-error';
import { readRequest } from './read-request';
import { checkPromptLogProbs, samplingFields } from './sampling-fields';
import { structureFields } from './structure-fields';

const tokens = z.array(z.int().min(0)).min(1);

export const completionSchema = z
  .object({
    ...samplingFields,
    ...structureFields,
    prompt: z.union(
      [z.string(), tokens, z.array(z.string()).min(1).max(128), z.array(tokens).min(1).max(128)],
      {
        error: 'expected text, token ids, or a list of one of them',
      },
    ),
    logprobs: z.int().min(0).max(5).optional(),
    max_tokens: z.int().min(0).optional(),
    echo: z.boolean().default(false),
    best_of: z.int().min(1).max(128).optional(),
  })
  .register(apiSchemas, { id: 'CompletionRequest' });

/** OpenAI's default for text completions. */
const DEFAULT_MAX_TOKENS = 16;

export interface CompletionRequest extends Omit<z.output<typeof completionSchema>, 'prompt' | 'best_of'> {
  /** The number of answers to each prompt, of which the response has the best `n`. */
  bestOf: number;
  prompts: (string | number[])[];
}

/** @throws OpenAiError that names the field that is wrong or not supported */
export function readCompletionRequest(body: unknown): CompletionRequest {
  const {
    prompt,
    max_tokens = DEFAULT_MAX_TOKENS,
    best_of: given,
    ...request
  } = readRequest(completionSchema, body);
  checkPromptLogProbs(request);
  if (max_tokens === 0 && !request.echo && request.prompt_logprobs === undefined)
    throw invalidRequest(
      'max_tokens: 0 generates nothing, so it needs echo or prompt_logprobs; set one of them, or a length',
      'max_tokens',
    );
  const bestOf = given ?? request.n;
  if (bestOf < request.n)
    throw invalidRequest(`best_of ${bestOf} is below n ${request.n}; raise it`, 'best_of');
  if (bestOf > request.n && request.stream)
    throw invalidRequest('best_of above n needs whole answers to choose from; set stream: false', 'best_of');
  const single = typeof prompt === 'string' || typeof prompt[0] === 'number';
  return { ...request, bestOf, max_tokens, prompts: (single ? [prompt] : prompt) as (string | number[])[] };
}
