import type { Message } from '@open-chatgpt/tokenizer';
import type { Language } from './tasks/lexicon';

/** A conversation to imitate; every assistant turn is trained on, except where `learned` is false. */
export interface SupervisedExample {
  messages: Message[];
  /** The one message is a text without turns: it is learned whole, and no chat template is applied. */
  plain?: true;
}

/** Two answers to one prompt, the first one better. */
export interface PreferenceExample {
  prompt: Message[];
  chosen: string;
  rejected: string;
  /** By how much `chosen` is better, in the units of the dataset. */
  margin?: number;
  /** Probability that `chosen` is better: 1 by default, 0.5 for a tie. */
  weight?: number;
}

/** A conversation whose last turn is an answer with a label. */
export interface UnpairedExample {
  messages: Message[];
  /** Whether the answer is good. */
  label: boolean;
}

/** A prompt to answer, with the right answer where one can be checked. */
export interface PromptExample {
  messages: Message[];
  answer?: string;
  /** The language of a built-in task, which `checkAnswer` needs. Missing where responses cannot be checked. */
  taskLanguage?: Language;
}

/** An example of any kind. */
export type Example = SupervisedExample | PreferenceExample | UnpairedExample | PromptExample;

export function isPreference(example: Example): example is PreferenceExample {
  return 'chosen' in example;
}

/** The common format of instruction datasets. */
export interface InstructionRow {
  instruction: string;
  /** May be empty. */
  input?: string;
  output: string;
}

/** The user turn of an instruction row. `content` joins its parts; `parts` keeps them for Alpaca's template. */
export function instructionMessage(instruction: string, input = ''): Message {
  if (input.trim() === '') return { role: 'user', content: instruction };
  return { role: 'user', content: `${instruction}\n\n${input}`, parts: { instruction, input } };
}

/** The conversation of an instruction row. */
export function toMessages(row: InstructionRow): Message[] {
  return [instructionMessage(row.instruction, row.input), { role: 'assistant', content: row.output }];
}
