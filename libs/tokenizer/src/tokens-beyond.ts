import type { TokenizerJson } from './tokenizer-json';

/** Tokens in a warning. */
const SHOWN = 5;

/**
 * Compares the ids of a tokenizer with the rows of a model's embeddings. A token that was added to the tokenizer may lie beyond
 * them: the model works as long as no text contains it. An entry of the vocabulary may not, because any text could contain it.
 *
 * @returns a warning that names the added tokens beyond the embeddings, or nothing
 * @throws Error that names the token, its id and the number of rows
 */
export function checkRows(json: TokenizerJson, rows: number): string[] {
  const added = json.added_tokens ?? [];
  const contents = new Set(added.map(({ content }) => content));
  const { vocab } = json.model;
  const refuse = (token: string, id: number) => {
    if (id < rows || contents.has(token)) return;
    throw new Error(
      `tokenizer.json: the token ${JSON.stringify(token)} has the id ${id}, the embeddings of the model have ${rows} rows. ` +
        'The tokenizer belongs to another model; use the tokenizer of this model.',
    );
  };
  if (Array.isArray(vocab)) for (let id = rows; id < vocab.length; id++) refuse(vocab[id][0], id);
  else for (const token in vocab) refuse(token, vocab[token]);
  const beyond = added.filter(({ id }) => id >= rows);
  if (beyond.length === 0) return [];
  const shown = beyond.slice(0, SHOWN).map(({ content, id }) => `${JSON.stringify(content)} (id ${id})`);
  const rest = beyond.length - shown.length;
  return [
    `tokenizer.json: ${shown.join(', ')}${rest > 0 ? ` and ${rest} more tokens` : ''} lie beyond the ${rows} rows of the ` +
      'embeddings; a text that contains them is refused',
  ];
}
