import { invalidRequest } from './openai-error';

/** @throws OpenAiError that names the field, for a token that the vocabulary does not have */
export function checkTokenIds(field: string, ids: readonly number[], vocabSize: number): void {
  const wrong = ids.find((id) => id >= vocabSize);
  if (wrong === undefined) return;
  throw invalidRequest(`${field}: expected token ids from 0 to ${vocabSize - 1}; found ${wrong}`, field);
}
