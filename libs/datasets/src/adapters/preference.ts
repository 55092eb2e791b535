import type { Message } from '@open-chatgpt/tokenizer';
import { instructionMessage } from '../examples';
import { hasText, notEmpty, optionalTextOf, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';
import { readMessages } from './messages';
import { toPair } from './pairs';
import { afterLastRole, mergeTurns, parseTranscript } from './turns';

/**
 * Preference pairs with a separate prompt: `{prompt, chosen, rejected}` as texts, as transcripts ("Human: … Assistant:") or as messages
 * (UltraFeedback), and `{instruction, input, chosen, rejected}`. `margin` and `weight` are used as they are, or derived from
 * `score_chosen` and `score_rejected`: equal scores are a tie, and a lower score of the chosen answer is an error.
 */
export const preference: Adapter = {
  name: 'preference',
  detect: (row) => 'chosen' in row && 'rejected' in row && ('prompt' in row || 'instruction' in row),
  supervised(row) {
    const { prompt, chosen } = pair(row);
    return [{ messages: [...prompt, { role: 'assistant', content: notEmpty(chosen, 'emptyAnswer') }] }];
  },
  preference(row) {
    const { prompt, chosen, rejected } = pair(row);
    return [toPair(prompt, chosen, rejected, scoring(row))];
  },
};

function pair(row: Row): { prompt: Message[]; chosen: string; rejected: string } {
  const prompt = readPrompt(row);
  if (!prompt.some((turn) => turn.role === 'user')) throw new RowDropped('emptyPrompt');
  const chosen = answer(row, 'chosen');
  const rejected = answer(row, 'rejected');
  if (chosen.history !== rejected.history) throw new RowDropped('historiesDiffer');
  return { prompt, chosen: chosen.text, rejected: rejected.text };
}

function readPrompt(row: Row): Message[] {
  if ('instruction' in row) {
    return [
      instructionMessage(notEmpty(textOf(row, 'instruction'), 'emptyPrompt'), optionalTextOf(row, 'input')),
    ];
  }
  // Messages hold the whole conversation in `chosen`; `prompt` repeats only its first turn.
  if (Array.isArray(row['chosen'])) return mergeTurns(readMessages(row['chosen'], 'chosen').slice(0, -1));
  if (Array.isArray(row['prompt'])) return mergeTurns(readMessages(row['prompt'], 'prompt'));
  const text = notEmpty(textOf(row, 'prompt'), 'emptyPrompt');
  return /^Human:/.test(text) ? mergeTurns(parseTranscript(text)) : [{ role: 'user', content: text }];
}

/** The last answer, and the conversation before it. */
function answer(row: Row, field: string): { text: string; history: string } {
  if (Array.isArray(row[field])) {
    const turns = readMessages(row[field], field);
    const last = turns.at(-1);
    if (last?.role !== 'assistant') throw new RowDropped('lastTurnIsNotAnswer');
    return { text: last.content, history: JSON.stringify(turns.slice(0, -1)) };
  }
  const text = textOf(row, field);
  if (!hasText(row['prompt'], /^\s*Human:/)) return { text, history: '' };
  // With a transcript for a prompt, answers may repeat the role, or the whole transcript.
  return { text: afterLastRole(text), history: '' };
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
