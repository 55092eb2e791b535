import type { Tokenizer } from '@open-chatgpt/tokenizer';
import type { Answering } from '../adapters/with-adapter';
import type { GenerateOptions, Generation, TokenEvent } from '../options/generate-options';
import { AnswerText } from './answer-text';

export interface GenerateTextOptions extends Omit<GenerateOptions, 'prompts' | 'onToken' | 'onFinish'> {
  /** Called with each token, before the text that it completes. */
  onToken?: (event: TokenEvent) => void;
  /** Text, or tokens of a chat template (`encodeChat`). */
  prompts: readonly (string | readonly number[])[];
  /** Strings that end an answer and are not part of it. */
  stop?: readonly string[];
  /** Called with each piece of text, and awaited. With `numBeams`, called once for each answer. */
  onText?: (event: { index: number; text: string }) => unknown;
}

export interface TextGeneration extends Generation {
  text: string;
  /** The stop string before which the text ended. */
  stopString: string | null;
  /** Number of tokens in the prompt. */
  promptTokens: number;
}

/**
 * Generates text from text. Special and stop tokens have no text. Characters and stop strings may span several tokens.
 */
export async function generateText(
  generator: Answering,
  tokenizer: Tokenizer,
  options: GenerateTextOptions,
): Promise<TextGeneration[]> {
  const { prompts, stop = [], onText, onToken, ...rest } = options;
  const stopTokens = new Set(rest.stopTokenIds ?? generator.model.config.eosTokenIds);
  const encoded = await Promise.all(
    prompts.map((prompt) =>
      typeof prompt === 'string' ? tokenizer.encode(prompt, { addSpecialTokens: true }) : prompt,
    ),
  );
  encoded.forEach((ids, index) => {
    checkIds(ids, index, generator.model.config.vocabSize, tokenizer);
  });
  const answers = encoded.map(
    (_, index) => new AnswerText(tokenizer, stop, (text) => onText?.({ index, text })),
  );
  const push = async (index: number, token: number) => {
    if (!stopTokens.has(token) && answers[index].stopped === null) await answers[index].push(token);
    return answers[index].stopped !== null;
  };
  const streams = (rest.numBeams ?? 1) === 1;
  const generations = await generator.generate({
    ...rest,
    prompts: encoded,
    ...(streams && {
      onToken: (event: TokenEvent) => {
        onToken?.(event);
        return push(event.index, event.token);
      },
    }),
    onFinish: async ({ index, tokens }) => {
      if (!streams) for (const token of tokens) await push(index, token);
      await answers[index].end();
    },
  });
  return generations.map((generation, index) => ({
    ...generation,
    finishReason: answers[index].stopped === null ? generation.finishReason : 'stop',
    stopString: answers[index].stopped,
    text: answers[index].text,
    promptTokens: encoded[index].length,
  }));
}

/** @throws Error that names the token of a prompt that has no embedding: the tokenizer has more tokens than the model has rows */
function checkIds(ids: readonly number[], index: number, rows: number, tokenizer: Tokenizer): void {
  const beyond = ids.find((id) => id >= rows);
  if (beyond === undefined) return;
  const token = tokenizer.idToToken(beyond);
  throw new Error(
    `prompt ${index} contains the token ${token === null ? beyond : `${JSON.stringify(token)} (id ${beyond} of tokenizer.json)`}, ` +
      `but the embeddings of the model have ${rows} rows (vocab_size in config.json). Is this the tokenizer of another model?`,
  );
}
