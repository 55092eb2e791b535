import type { Message } from '@open-chatgpt/tokenizer';
import { instructionMessage } from '../examples';
import { notEmpty, optionalTextOf, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { toPair } from './pairs';
import { conversationField, readMessages, turnsIn } from './read-messages';
import type { Repaired } from './repair';
import { afterLastRole, asUser, isTranscript, promptTranscript, question } from './turns';

const PROMPT_FIELDS = ['instruction', 'prompt', 'question', 'query', 'input'] as const;

/**
 * Preference pairs: `{prompt, chosen, rejected}` as texts, as transcripts ("Human: … Assistant:") or as messages (TRL, UltraFeedback), and
 * `{instruction, input, chosen, rejected}`, and `{conversations, chosen, rejected}` of LLaMA-Factory. Without a prompt, what both answers begin with is the prompt (TRL's implicit prompt). `margin`
 * and `weight` are used as they are, or derived from `score_chosen` and `score_rejected`: equal scores are a tie, and a lower score of the
 * chosen answer is an error.
 */
export const preference: Adapter = {
  name: 'preference',
  detect: (row) => isPresent(row['chosen']) && isPresent(row['rejected']),
  fields: ['chosen', 'rejected', 'margin', 'weight'],
  supervised(row, repaired) {
    const { prompt, chosen } = pairOf(row, repaired);
    return [{ messages: [...prompt, { role: 'assistant', content: notEmpty(chosen, 'emptyAnswer') }] }];
  },
  preference(row, repaired) {
    const { prompt, chosen, rejected } = pairOf(row, repaired);
    return [toPair(prompt, chosen, rejected, scoring(row))];
  },
};

const isPresent = (value: unknown) => value !== undefined && value !== null;

interface Pair {
  prompt: Message[];
  chosen: string;
  rejected: string;
}

function pairOf(row: Row, repaired?: Repaired): Pair {
  const explicit = explicitPrompt(row);
  if (explicit === null && typeof row['chosen'] === 'string') return commonBeginning(row);
  const [chosen, rejected] = ['chosen', 'rejected'].map((field) => readAnswer(row, field));
  if (JSON.stringify(chosen.before) !== JSON.stringify(rejected.before))
    throw new RowDropped('historiesDiffer');
  const prompt = question(explicit === null ? chosen.before : joined(explicit, chosen.before), repaired);
  return { prompt, chosen: chosen.text, rejected: rejected.text };
}

/** The prompt, if a separate field has it; null when there is none. */
function explicitPrompt(row: Row): Message[] | null {
  const field = PROMPT_FIELDS.find((name) => isPresent(row[name])) ?? conversationField(row);
  if (field === undefined) return null;
  if (turnsIn(row[field])) return readMessages(row[field], field);
  const text = notEmpty(textOf(row, field), 'emptyPrompt');
  if (isTranscript(text)) return promptTranscript(text);
  return [field === 'instruction' ? instructionMessage(text, optionalTextOf(row, 'input')) : asUser(text)];
}

/** The last answer, and the turns before it in the same field: none, or the whole conversation. */
function readAnswer(row: Row, field: string): { text: string; before: Message[] } {
  if (typeof row[field] === 'object' && row[field] !== null) {
    const turns = readMessages(row[field], field);
    const last = turns.at(-1);
    if (last?.role !== 'assistant') throw new RowDropped('lastTurnIsNotAnswer');
    if (last.toolCalls) throw new RowDropped('unused:tool_calls');
    return { text: last.content, before: turns.slice(0, -1) };
  }
  const text = textOf(row, field);
  // With a transcript for a prompt, answers may repeat the role, or the whole transcript.
  return { text: isTranscript(row['prompt']) ? afterLastRole(text) : text, before: [] };
}

/**
 * The prompt of a pair whose answers are messages: TRL's answers continue the prompt, those of UltraFeedback repeat it. Turns that both
 * have are kept once.
 */
function joined(prompt: Message[], before: Message[]): Message[] {
  if (before.length === 0 || before[0].role === 'assistant') return [...prompt, ...before];
  const same = (a: Message, b: Message) => a.role === b.role && a.content.trim() === b.content.trim();
  for (let shared = Math.min(prompt.length, before.length); shared > 0; shared--) {
    const end = prompt.slice(-shared);
    if (end.every((turn, i) => same(turn, before[i]))) return [...prompt.slice(0, -shared), ...before];
  }
  // The prompt may be one turn of the conversation, such as its last question.
  if (prompt.every((turn) => before.some((other) => same(turn, other)))) return before;
  throw new RowDropped('promptDiffers');
}

const WORD = /[\p{L}\p{N}]/u;
const WITHOUT_BLANKS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/**
 * A pair of two texts with an implicit prompt, which is their common beginning (TRL's `extract_prompt`). It ends before the word that
 * differs, and the blank before that word belongs to the answers.
 */
function commonBeginning(row: Row): Pair {
  const [chosen, rejected] = [textOf(row, 'chosen'), textOf(row, 'rejected')];
  if (chosen === rejected) throw new RowDropped('identicalAnswers');
  let end = 0;
  while (end < chosen.length && chosen[end] === rejected[end]) end++;
  const cutsWord = (at: number) =>
    WORD.test(chosen[at - 1]) &&
    !WITHOUT_BLANKS.test(chosen[at - 1]) &&
    [chosen[at], rejected[at]].some((next) => next !== undefined && WORD.test(next));
  while (end > 0 && cutsWord(end)) end--;
  if (chosen[end - 1] === ' ') end--;
  const prompt = notEmpty(chosen.slice(0, end), 'noPrompt');
  return { prompt: [asUser(prompt)], chosen: chosen.slice(end), rejected: rejected.slice(end) };
}

function scoring(row: Row): { margin?: number; weight?: number } {
  const number = (field: string) => {
    const value = row[field];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new RowDropped(`wrongType:${field}`);
    return value;
  };
  const [better, worse] = [number('score_chosen'), number('score_rejected')];
  const scored = better !== undefined && worse !== undefined ? better - worse : undefined;
  const margin = number('margin') ?? scored;
  const weight = number('weight') ?? (scored === 0 ? 0.5 : undefined);
  if (margin !== undefined && margin < 0) throw new RowDropped('scoresContradict');
  if (weight !== undefined && (weight < 0 || weight > 1)) throw new RowDropped('weightOutOfRange');
  return { ...(margin !== undefined && { margin }), ...(weight !== undefined && { weight }) };
}
