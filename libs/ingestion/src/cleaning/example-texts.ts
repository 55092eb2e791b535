import { type Example, instructionMessage, isPreference } from '@open-chatgpt/datasets';
import type { Message } from '@open-chatgpt/tokenizer';

/** The turns of an example, without the two answers that a preference compares. */
export function turnsOf(example: Example): readonly Message[] {
  return isPreference(example) ? example.prompt : example.messages;
}

/** The text of every assistant turn that has one, or both answers of a preference, the better one first. */
export function answersOf(example: Example): string[] {
  if (isPreference(example)) return [example.chosen, example.rejected];
  return example.messages
    .filter(({ role, content, toolCalls }) => role === 'assistant' && !(toolCalls && content === ''))
    .map(({ content }) => content);
}

/** As `answersOf`, without the worse answer. */
export function imitatedOf(example: Example): string[] {
  return isPreference(example) ? [example.chosen] : answersOf(example);
}

/** Every text of an example, in order: one for each turn, with the functions that it calls. */
export function textsOf(example: Example): string[] {
  const texts = turnsOf(example).map(({ content, toolCalls }) =>
    toolCalls ? `${content}${JSON.stringify(toolCalls)}` : content,
  );
  return isPreference(example) ? [...texts, example.chosen, example.rejected] : texts;
}

/** The texts that differ between two versions of an example, in pairs. */
export function changedTexts(before: Example, after: Example): [string, string][] {
  const texts = textsOf(after);
  return textsOf(before)
    .map((text, index): [string, string] => [text, texts[index]])
    .filter(([text, changed]) => text !== changed);
}

/** Characters (UTF-16 code units) in an example. */
export function charactersOf(example: Example): number {
  return textsOf(example).reduce((sum, text) => sum + text.length, 0);
}

/** The example with `change` applied to every text; the same object when nothing changes. */
export function mapTexts<E extends Example>(example: E, change: (text: string) => string): E {
  const turns = turnsOf(example);
  const changed = turns.map((turn) => mapTurn(turn, change));
  const sameTurns = changed.every((turn, index) => turn === turns[index]);
  if (!isPreference(example)) return sameTurns ? example : { ...example, messages: changed };
  const chosen = change(example.chosen);
  const rejected = change(example.rejected);
  if (sameTurns && chosen === example.chosen && rejected === example.rejected) return example;
  return { ...example, prompt: changed, chosen, rejected };
}

function mapTurn(turn: Message, change: (text: string) => string): Message {
  if (turn.parts) {
    const instruction = change(turn.parts.instruction);
    const input = change(turn.parts.input);
    if (instruction === turn.parts.instruction && input === turn.parts.input) return turn;
    return { ...instructionMessage(instruction, input), role: turn.role };
  }
  const content = change(turn.content);
  return content === turn.content ? turn : { ...turn, content };
}

/** The example with `change` applied to every turn; the same object when nothing changes. */
export function mapTurns<E extends Example>(example: E, change: (turn: Message) => Message): E {
  const turns = turnsOf(example);
  const changed = turns.map(change);
  if (changed.every((turn, index) => turn === turns[index])) return example;
  return isPreference(example) ? { ...example, prompt: changed } : { ...example, messages: changed };
}
