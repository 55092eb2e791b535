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
  const issue = mostPrecise(result.error.issues[0]);
  if (issue.code === 'unrecognized_keys') {
    const field = [...issue.path, issue.keys[0]].join('.');
    throw unsupportedParameter(field, 'leave it out');
  }
  const field = issue.path.join('.');
  throw invalidRequest(`${field}: ${issue.message}`, field);
}

type Issue = z.core.$ZodIssue;

/** Where a value has one of several forms, the issue of the form that it fits best: the one that is found deepest in the value. */
function mostPrecise(issue: Issue): Issue {
  if (issue.code === 'invalid_key') return { ...issue, message: issue.issues[0].message };
  if (issue.code !== 'invalid_union' || issue.message !== 'Invalid input') return issue;
  const issues = issue.errors.map(([first]) => mostPrecise(first));
  const deepest = issues.reduce((best, one) => (one.path.length > best.path.length ? one : best));
  if (deepest.path.length > 0) return { ...deepest, path: [...issue.path, ...deepest.path] };
  return { ...issue, message: issues.map(({ message }) => message).join(', or ') };
}
