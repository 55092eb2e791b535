import { z } from 'zod';
import { apiSchemas } from './api';
import { readRequest } from './read-request';

/** OpenAI's limit. */
const MOST_INPUTS = 2048;

const tokens = z.array(z.int().min(0)).min(1);
const text = z.string().min(1);

export const embeddingsSchema = z
  .object({
    model: z.string(),
    input: z.union(
      [text, tokens, z.array(text).min(1).max(MOST_INPUTS), z.array(tokens).min(1).max(MOST_INPUTS)],
      {
        error: `expected text that is not empty, token ids, or a list of at most ${MOST_INPUTS} of one of them`,
      },
    ),
    // OpenAI's clients for Node and Python ask for base64, and decode it.
    encoding_format: z.enum(['float', 'base64']).default('float'),
    dimensions: z.int().min(1).optional(),
    // Fields of this server.
    pooling: z.enum(['mean', 'last']).default('mean'),
    normalize: z.boolean().default(true),
  })
  .register(apiSchemas, { id: 'EmbeddingsRequest' });

export interface EmbeddingsRequest extends Omit<z.output<typeof embeddingsSchema>, 'input'> {
  inputs: (string | number[])[];
}

/** @throws OpenAiError that names the field that is wrong or not supported */
export function readEmbeddingsRequest(body: unknown): EmbeddingsRequest {
  const { input, ...request } = readRequest(embeddingsSchema, body);
  const single = typeof input === 'string' || typeof input[0] === 'number';
  return { ...request, inputs: (single ? [input] : input) as (string | number[])[] };
}
