import type { Example } from '../examples';
import { isPreference } from '../examples';
import { isBlankText, isRow, type Row, RowDropped } from '../reading/row';
import type { Adapter, DatasetKind } from './adapter';
import { listIn } from './context';
import { TOOLS_FIELDS } from './tool-calls';

/** What a field decides: what the model reads before its answer, or what it learns. Prompts use only the first. */
type Side = 'question' | 'answer';

const sideOf = (side: Side, names: string) => names.split(' ').map((name) => [name, side] as const);

/** Fields that have a meaning in some layout of training data. */
const MEANINGFUL: ReadonlyMap<string, Side> = new Map([
  ...sideOf('question', 'system system_prompt system_message system_instruction history chat_history'),
  ...sideOf('question', 'instruction input context passage document query tools functions available_tools'),
  ...sideOf('answer', 'messages conversations conversation dialogue dialog'),
  ...sideOf('question', 'image images image_url video videos audio audios'),
  ...sideOf('answer', 'output response answer completion chosen rejected label labels kto_tag margin'),
  ...sideOf('answer', 'tool_calls function_call reasoning_content thinking reasoning rationale'),
  ...sideOf(
    'answer',
    'weight train training trainable loss mask loss_mask train_mask train_detail sample_weight',
  ),
]);

/** Values, also as the text of a table's cell, that say what is so without the field. */
const LEARNED = /^(?:1|1\.0|true)$/i;
const NEUTRAL: Readonly<Record<string, RegExp>> = {
  weight: LEARNED,
  sample_weight: LEARNED,
  train: LEARNED,
  training: LEARNED,
  trainable: LEARNED,
  loss: LEARNED,
  margin: /^0(?:\.0)?$/,
  // A word, such as "off", says how the answer was made; a text is a thought of it.
  reasoning: /^\S{0,12}$/,
  thinking: /^\S{0,12}$/,
};

/**
 * Drops a row that says more than its examples do: it has a field with a meaning, filled, that the adapter does not name in `fields`, and
 * whose texts are not in the examples. The reason names the field.
 */
export function checkFields(
  adapter: Adapter,
  kind: DatasetKind,
  row: Row,
  examples: readonly Example[],
): void {
  let texts: string | undefined;
  for (const [field, value] of Object.entries(row)) {
    const name = field.toLowerCase();
    const side = MEANINGFUL.get(name);
    if (side === undefined || (side === 'answer' && kind === 'prompts')) continue;
    if (adapter.fields?.includes(field) || isEmpty(value) || isNeutral(name, value)) continue;
    if (TOOLS_FIELDS.includes(name) && examples.every(hasTools)) continue;
    texts ??= examples.flatMap(textsOf).join('\n');
    // Where the answer is the chosen one, the rejected one is left for pairs.
    if (name === 'rejected' && !isEmpty(row['chosen']) && repeats(row['chosen'], texts)) continue;
    if (!repeats(value, texts)) throw new RowDropped(`unused:${name}`);
  }
}

const isNeutral = (name: string, value: unknown) =>
  typeof value !== 'object' && (NEUTRAL[name]?.test(String(value)) ?? false);

/** Nothing, also as JSON in the cell of a table. */
const NOTHING = /^(?:\[\s?\]|\{\s?\}|null|None)?$/;

function isEmpty(value: unknown): boolean {
  if (typeof value === 'string')
    return isBlankText(value) || (value.length < 20 && NOTHING.test(value.trim()));
  if (Array.isArray(value)) return value.every(isEmpty);
  return value === undefined || value === null || (isRow(value) && Object.values(value).every(isEmpty));
}

/** Whether a value has texts, and all of them are in the examples. Names of roles and types are no texts. */
function repeats(value: unknown, texts: string): boolean {
  if (typeof value === 'string') {
    const list = listIn(value);
    return texts.includes(value.trim()) || (list.length > 0 && repeats(list, texts));
  }
  if (Array.isArray(value)) return value.every((one) => repeats(one, texts));
  if (!isRow(value)) return false;
  return Object.entries(value).every(
    ([name, one]) => ['role', 'from', 'type'].includes(name) || isEmpty(one) || repeats(one, texts),
  );
}

const hasTools = (example: Example) => turnsOf(example)[0]?.tools !== undefined;
const turnsOf = (example: Example) => (isPreference(example) ? example.prompt : example.messages);

function textsOf(example: Example): string[] {
  const texts = turnsOf(example).map(({ content }) => content);
  return isPreference(example) ? [...texts, example.chosen, example.rejected] : texts;
}

/** Turns that say what of them is learned. */
const LEARNED_FIELDS = [
  'weight',
  'train',
  'training',
  'trainable',
  'loss',
  'loss_weight',
  'learn',
  'learned',
] as const;

/** Fields of a turn with a meaning that nothing here uses. */
const UNUSED_IN_TURN = [
  ...['tools', 'reasoning_content', 'thinking', 'reasoning', 'images', 'image'],
  ...['videos', 'audios', 'mask', 'loss_mask', 'train_detail', 'training_detail', 'prefix'],
  'refusal',
] as const;

/** Drops the row when a turn says more than its role and its text. */
export function checkTurn(turn: Row): void {
  for (const field of UNUSED_IN_TURN)
    if (!isEmpty(turn[field]) && turn[field] !== false && turn[field] !== 0)
      throw new RowDropped(`unused:${field}`);
}

/**
 * Whether the turn of a conversation is learned, as it says itself: `weight` 0 or 1 (OpenAI, Mistral), `train` (Axolotl) or `loss`. Undefined
 * when it says nothing. Drops the row for another weight.
 */
export function learnedOf(turn: Row): boolean | undefined {
  let learned: boolean | undefined;
  for (const field of LEARNED_FIELDS) {
    const value = turn[field];
    if (value === undefined || value === null) continue;
    const says = value === true || value === 1 ? true : value === false || value === 0 ? false : undefined;
    if (says === undefined) throw new RowDropped(`wrongType:${field}`);
    if (learned !== undefined && learned !== says) throw new RowDropped('weightsContradict');
    learned = says;
  }
  return learned;
}
