import type { z } from 'zod';
import { invalidRequest, unsupportedParameter } from './openai-error';

/** Fields that do not change the completion; they are ignored where an endpoint has no use for them. */
const IGNORED = new Set([
  'user',
  'metadata',
  'store',
  'service_tier',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
]);

/**
 * Parses the body of a request; a field that is null counts as absent.
 * @throws OpenAiError that names the field that is wrong, or not supported
 */
export function readRequest<Schema extends z.ZodObject>(schema: Schema, body: unknown): z.output<Schema> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalidRequest('the body is not a JSON object; send one with content-type: application/json');
  }
  const given = Object.entries(body).filter(
    ([name, value]) => value !== null && (name in schema.shape || !IGNORED.has(name)),
  );
  const result = schema.strict().safeParse(Object.fromEntries(given));
  if (result.success) return result.data as z.output<Schema>;
  const [issue] = result.error.issues;
  if (issue.code === 'unrecognized_keys') {
    const field = [...issue.path, issue.keys[0]].join('.');
    throw unsupportedParameter(field, 'leave it out');
  }
  const field = issue.path.join('.');
  throw invalidRequest(`${field}: ${issue.message}`, field);
}
