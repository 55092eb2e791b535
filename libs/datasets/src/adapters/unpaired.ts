import type { Message } from '@open-chatgpt/tokenizer';
import type { PreferenceExample } from '../examples';
import { notEmpty, type Row, RowDropped } from '../reading/row';
import type { Adapter } from './adapter';
import { toPair } from './pairs';
import { answerOf, promptOf, readOnly } from './prompt-completion';
import type { Repaired } from './repair';
import { conversation, question } from './turns';

const LABELS: Readonly<Record<string, boolean>> = { true: true, false: false, 1: true, 0: false };

/**
 * Unpaired preferences of TRL (KTO): `{prompt, completion, label}`, with a label that says whether the completion is good. Supervised:
 * the good completions. Preferences: good and bad completions of the same prompt; each is in at least one pair. Unpaired: each completion.
 */
export const unpaired: Adapter = {
  name: 'unpaired-preference',
  detect: (row) =>
    row['prompt'] !== undefined && row['completion'] !== undefined && labelOf(row) !== undefined,
  usualKind: 'supervised',
  fields: ['label', 'completion'],
  begin: (kind) => (kind === 'preference' ? { ...unpaired, groupOf, assemble } : unpaired),
  supervised(row, repaired) {
    if (!checkedLabel(row)) throw new RowDropped('labelIsFalse');
    return [{ messages: conversation([...readOnly(promptOf(row)), ...answerOf(row)], repaired) }];
  },
  preference(row, repaired) {
    if (!(PAIRED in row)) throw new RowDropped(`noOtherLabel:${checkedLabel(row)}`);
    return [pairOf(row, row[PAIRED] as Row, repaired)];
  },
  unpaired(row, repaired) {
    const label = checkedLabel(row);
    return [{ messages: [...question(promptOf(row), repaired), onlyAnswer(row)], label }];
  },
  prompts: (row, repaired) => [{ messages: question(promptOf(row), repaired) }],
};

/** The field in which an assembled row has the bad completion. A symbol, so that no file has it. */
const PAIRED = Symbol('paired') as unknown as string;

function labelOf(row: Row): boolean | undefined {
  return LABELS[String(row['label']).toLowerCase()];
}

function checkedLabel(row: Row): boolean {
  const label = labelOf(row);
  if (label === undefined) throw new RowDropped('wrongType:label');
  return label;
}

const groupOf = (row: Row) => JSON.stringify([row['prompt'], row['system']]);

/** Pairs of rows with different labels. Rows without such a partner stay alone. */
function assemble(rows: Row[]): Row[] {
  const good = rows.filter((row) => labelOf(row) === true);
  const bad = rows.filter((row) => labelOf(row) === false);
  if (good.length === 0 || bad.length === 0) return rows;
  const pairs = Array.from({ length: Math.max(good.length, bad.length) }, (_, i) => ({
    ...good[i % good.length],
    [PAIRED]: bad[i % bad.length],
  }));
  return [...pairs, ...rows.filter((row) => labelOf(row) === undefined)];
}

function pairOf(good: Row, bad: Row, repaired?: Repaired): PreferenceExample {
  const [chosen, rejected] = [good, bad].map((row) => onlyAnswer(row).content);
  return toPair(question(promptOf(good), repaired), chosen, rejected);
}

function onlyAnswer(row: Row): Message {
  const turns = answerOf(row);
  if (turns.length !== 1) throw new RowDropped('severalAnswers');
  const [answer] = turns;
  if (answer.role !== 'assistant') throw new RowDropped('lastTurnIsNotAnswer');
  notEmpty(answer.content, 'emptyAnswer');
  return answer;
}
