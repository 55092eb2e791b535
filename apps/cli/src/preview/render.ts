import {
  type Dropped,
  IGNORED_LABEL,
  isDropped,
  type LostAnswer,
  tokenizePreference,
  tokenizePrompt,
  tokenizeSupervised,
  tokenizeUnpaired,
} from '@open-chatgpt/datasets';
import { type ChatTemplate, decodeSpan, type Tokenizer } from '@open-chatgpt/tokenizer';
import type { Found } from './read-examples';

/** A part of a text: trained on, or only read. */
export interface Part {
  text: string;
  trained: boolean;
}

/** An example as the model sees it. */
export interface Rendered {
  /** Of a pair: the prompt with the chosen answer, and the rejected answer. */
  parts: Part[];
  rejected?: string;
  /** Whether the answer is good, where the dataset says so. */
  label?: boolean;
  tokens: number;
  /** Why answers are not learned as they were written. */
  lostAnswers?: LostAnswer[];
}

export interface RenderSettings {
  tokenizer: Tokenizer;
  template: ChatTemplate;
  maxLength: number;
}

/** Each example, tokenized and decoded; the reason instead if training would drop it. */
export function renderer({ tokenizer, template, maxLength }: RenderSettings) {
  const decode = (ids: ArrayLike<number>) => tokenizer.decode(Array.from(ids));
  const run = async (ids: Int32Array, labels: Int32Array): Promise<Part[]> => {
    const parts: Part[] = [];
    for (let start = 0; start < ids.length; ) {
      const trained = labels[start] !== IGNORED_LABEL;
      let end = start;
      while (end < ids.length && (labels[end] !== IGNORED_LABEL) === trained) end++;
      parts.push({ text: await decodeSpan(tokenizer, ids, start, end), trained });
      start = end;
    }
    return parts;
  };

  const answerParts = async (ids: Int32Array, promptLength: number): Promise<Part[]> => [
    { text: await decode(ids.subarray(0, promptLength)), trained: false },
    { text: await decodeSpan(tokenizer, ids, promptLength, ids.length), trained: true },
  ];

  return async (found: Found, index: number): Promise<Rendered | Dropped> => {
    if (found.kind === 'supervised') {
      const lostAnswers: LostAnswer[] = [];
      const onLostAnswer = (reason: LostAnswer) => void lostAnswers.push(reason);
      const one = await tokenizeSupervised(found.examples[index], tokenizer, template, {
        maxLength,
        onLostAnswer,
      });
      if (isDropped(one)) return one;
      const parts = await run(one.inputIds, one.labels);
      return { parts, tokens: one.inputIds.length, ...(lostAnswers.length > 0 && { lostAnswers }) };
    }
    if (found.kind === 'unpaired') {
      const one = await tokenizeUnpaired(found.examples[index], tokenizer, template, { maxLength });
      if (isDropped(one)) return one;
      const { inputIds, promptLength, label } = one;
      return { parts: await answerParts(inputIds, promptLength), label, tokens: inputIds.length };
    }
    if (found.kind === 'prompts') {
      const one = await tokenizePrompt(found.examples[index], tokenizer, template, { maxLength });
      if (isDropped(one)) return one;
      return { parts: [{ text: await decode(one.inputIds), trained: false }], tokens: one.inputIds.length };
    }
    const one = await tokenizePreference(found.examples[index], tokenizer, template, { maxLength });
    if (isDropped(one)) return one;
    const { chosenIds, rejectedIds, promptLength } = one;
    return {
      parts: await answerParts(chosenIds, promptLength),
      rejected: await decodeSpan(tokenizer, rejectedIds, promptLength, rejectedIds.length),
      tokens: Math.max(chosenIds.length, rejectedIds.length),
    };
  };
}
