import { instructionMessage, isPreference } from '@open-chatgpt/datasets';
import { answersOf, mapTurns, turnsOf } from './example-texts';
import { type CleaningRule, dropWhen } from './rule';

/** Marks of an instruction without input. The same words without brackets may be a text to work on. */
const NO_INPUT = /^(?:[<[(]no[ _-]?input(?:[ _-](?:needed|required|provided|given))?[>\])]|noinput)$/i;
/** Marks and placeholders are short: longer texts are not tested, so that they cost nothing. */
const LONGEST_MARK = 200;
/** Placeholder answers of generators, spreadsheets and serializers. */
const PLACEHOLDER =
  /^(?:[<[(]?\s*no[\s_-]*output\s*[>\])]?\.?|<[^<>\n]{0,40}(?:answer|response|output|placeholder)[^<>\n]{0,40}>|\[(?:insert|your)\b[^\]\n]{0,60}\]|null|undefined|nan|todo|\.{2,}|…+)$/is;

/** `<noinput>` and its like become an empty input. */
export const normalizeNoInput: CleaningRule = {
  name: 'noInput',
  apply: (example) =>
    mapTurns(example, (turn) =>
      turn.parts && turn.parts.input.length <= LONGEST_MARK && NO_INPUT.test(turn.parts.input.trim())
        ? { ...instructionMessage(turn.parts.instruction), role: turn.role }
        : turn,
    ),
};

/** Drops an example without question or answer, or with two identical answers. */
export const dropEmpty = dropWhen('empty', (example) => {
  const questions = turnsOf(example).filter(({ role }) => role === 'user');
  const plain = 'plain' in example;
  if ((questions.length === 0 && !plain) || questions.some(({ content }) => content.trim() === ''))
    return 'emptyPrompt';
  if (answersOf(example).some((answer) => answer.trim() === '')) return 'emptyOutput';
  return isPreference(example) && example.chosen === example.rejected ? 'identicalAnswers' : null;
});

const isPlaceholder = (answer: string) =>
  answer.startsWith('Lorem ipsum dolor') || (answer.length <= LONGEST_MARK && PLACEHOLDER.test(answer));

export const dropPlaceholders = dropWhen('placeholderOutput', (example) =>
  answersOf(example).some((answer) => isPlaceholder(answer.trim())) ? 'placeholderOutput' : null,
);
