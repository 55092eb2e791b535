import { OpenAiError } from '../openai/openai-error';

/** Fields of chat requests, and those of responses that they are made of. Messages have no place in `input` that the client knows. */
const FIELDS: readonly [RegExp, string][] = [
  [/^messages.*/, 'input'],
  [/^max_tokens/, 'max_output_tokens'],
  [/^response_format(\.json_schema)?/, 'text.format'],
  [/^tools\.(\d+)\.function/, 'tools.$1'],
];

/** An error of the chat request that a response is made of, by the fields of the response. */
export function asResponseError(error: unknown): unknown {
  if (!(error instanceof OpenAiError) || error.param === null) return error;
  const { status, type, message, param, code, headers } = error;
  const [pattern, name] = FIELDS.find(([pattern]) => pattern.test(param)) ?? [];
  if (pattern === undefined || name === undefined) return error;
  const renamed = param.replace(pattern, name);
  const begins = message.startsWith(`${param}: `);
  return new OpenAiError(status, type, begins ? renamed + message.slice(param.length) : message, {
    param: renamed,
    code: code ?? undefined,
    headers: { ...headers },
  });
}
