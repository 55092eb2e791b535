import type { z } from 'zod';
import { invalid, unsupported } from './openai-error';

/** What clients send that changes no answer; it is not looked at. */
const WITHOUT_EFFECT = new Set([
  'user',
  'metadata',
  'store',
  'service_tier',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'parallel_tool_calls',
]);

/**
 * Reads a request's body; what is null counts as left out.
 * @throws OpenAiError naming the field that is wrong, or that would change the answer and is not supported
 */
export function readRequest<Schema extends z.ZodObject>(schema: Schema, body: unknown): z.output<Schema> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid('the body is no JSON object; send one with content-type: application/json');
  }
  const given = Object.entries(body).filter(([name, value]) => value !== null && !WITHOUT_EFFECT.has(name));
  const result = schema.strict().safeParse(Object.fromEntries(given));
  if (result.success) return result.data as z.output<Schema>;
  const [issue] = result.error.issues;
  if (issue.code === 'unrecognized_keys') {
    const field = [...issue.path, issue.keys[0]].join('.');
    throw unsupported(field, 'leave it out');
  }
  const field = issue.path.join('.');
  throw invalid(`${field}: ${issue.message}`, field);
}
