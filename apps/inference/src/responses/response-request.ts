import { z } from 'zod';
import { apiSchemas } from '../openai/api';
import { type ChatRequest, readChatRequest } from '../openai/chat-request';
import { readRequest } from '../openai/read-request';
import { onlyAccepts } from '../openai/sampling-fields';
import { type ChatMessage, inputItems, messagesOfItems } from './input-items';
import { chatTools, toolFields } from './response-tools';

export const responsesSchema = z
  .object({
    model: z.string(),
    input: z.union([z.string(), inputItems]),
    instructions: z.string().optional(),
    previous_response_id: z.string().max(100).optional(),
    store: z.boolean().default(true),
    metadata: z.record(z.string().max(64), z.string().max(512)).default({}),
    max_output_tokens: z.int().min(1).optional(),
    temperature: z.number().min(0).max(2).optional(),
    top_p: z.number().min(0).max(1).optional(),
    stream: z.boolean().default(false),
    stream_options: z.object({ include_obfuscation: z.boolean().optional() }).optional(),
    text: z
      .strictObject({ format: z.looseObject({ type: z.string() }).default({ type: 'text' }) })
      .default({ format: { type: 'text' } }),
    ...toolFields,
    truncation: onlyAccepts(z.literal('disabled'), '"disabled"'),
    background: onlyAccepts(z.literal(false), 'false'),
    include: onlyAccepts(z.array(z.unknown()).max(0), 'an empty list'),
    top_logprobs: onlyAccepts(z.literal(0), '0'),
  })
  .register(apiSchemas, { id: 'ResponsesRequest' });

export type ResponsesRequest = z.output<typeof responsesSchema>;

/** Reads the body of `/v1/responses`. @throws OpenAiError that names the field that is wrong or not supported */
export function readResponsesRequest(body: unknown): ResponsesRequest {
  return readRequest(responsesSchema, body);
}

/** The messages that a request adds to its conversation, without the instructions, which hold for this response only. */
export function messagesOf({ input }: ResponsesRequest): ChatMessage[] {
  return typeof input === 'string' ? [{ role: 'user', content: input }] : messagesOfItems(input);
}

/** The chat request of a request whose whole conversation is known. @throws OpenAiError */
export function chatOf(request: ResponsesRequest, conversation: readonly ChatMessage[]): ChatRequest {
  const { model, instructions, max_output_tokens: max_tokens, temperature, top_p, stream, text } = request;
  const first = instructions === undefined ? [] : [{ role: 'system', content: instructions }];
  return readChatRequest({
    model,
    messages: [...first, ...conversation],
    max_tokens,
    temperature,
    top_p,
    stream,
    response_format: responseFormat(text.format),
    ...chatTools(request),
  });
}

/** Chat completions put a schema one level deeper. */
function responseFormat({ type, ...rest }: ResponsesRequest['text']['format']): object {
  return type === 'json_schema' ? { type, json_schema: rest } : { type, ...rest };
}
