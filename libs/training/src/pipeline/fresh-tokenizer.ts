import { taskCharacters } from '@open-chatgpt/datasets';
import type { DatasetSource } from '@open-chatgpt/pipeline';
import {
  BASE_SPECIAL_TOKENS,
  buildTokenizer,
  learnMerges,
  loadTokenizer,
  type Tokenizer,
} from '@open-chatgpt/tokenizer';
import { BUILTIN_TASKS } from '../data/builtin-tasks';
import { readExamples } from '../data/read-examples';

/** Conversations that merges are learned from: more change the frequent ones no further. */
const CONVERSATIONS = 20_000;

/**
 * The tokenizer of a model that starts from nothing: a token for each character of what it will be fine-tuned on, and
 * merges of the most frequent ones until there are `vocabSize` tokens.
 */
export async function freshTokenizer(
  source: DatasetSource | undefined,
  vocabSize: number,
  seed: number,
): Promise<Tokenizer> {
  const dataset = {
    adapter: undefined,
    evalFraction: 0,
    path: BUILTIN_TASKS,
    ...source,
    limit: CONVERSATIONS,
  };
  const train = await readExamples(dataset, 'instructions', 'train', CONVERSATIONS, seed);
  const texts = train.flatMap(({ messages }) => messages.map(({ content }) => content));
  const characters = new Set([...taskCharacters(), ...texts.flatMap((text) => [...text])]);
  const room = vocabSize - characters.size - BASE_SPECIAL_TOKENS.length;
  return loadTokenizer(buildTokenizer(characters, { merges: learnMerges(texts, room) }));
}
