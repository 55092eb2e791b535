import { instructionMessage, isPreference } from '@open-chatgpt/datasets';
import { answersOf, mapTurns, turnsOf } from './example-texts';
import { type CleaningRule, dropWhen } from './rule';

/** Wordings for an instruction without input. */
const NO_INPUT = /^[<[(]?\s*no[\s_-]*input[\s_-]*(?:needed|required|provided|given)?\s*[>\])]?\s*\.?$/i;
/** Placeholder answers of generators, spreadsheets and serializers. */
const PLACEHOLDER =
  /^(?:[<[(]?\s*no[\s_-]*output\s*[>\])]?\.?|<[^<>\n]{0,40}(?:answer|response|output|placeholder)[^<>\n]{0,40}>|\[(?:insert|your)\b[^\]\n]{0,60}\]|lorem ipsum dolor\b.*|null|undefined|nan|todo|\.{2,}|…+)$/is;

/** `<noinput>` and its like become an empty input. */
export const normalizeNoInput: CleaningRule = {
  name: 'noInput',
  apply: (example) =>
    mapTurns(example, (turn) =>
      turn.parts && NO_INPUT.test(turn.parts.input)
        ? { ...instructionMessage(turn.parts.instruction), role: turn.role }
        : turn,
    ),
};

/** Drops an example without question or answer, or with two identical answers. */
export const dropEmpty = dropWhen('empty', (example) => {
  const questions = turnsOf(example).filter(({ role }) => role === 'user');
  if (questions.length === 0 || questions.some(({ content }) => content.trim() === '')) return 'emptyPrompt';
  if (answersOf(example).some((answer) => answer.trim() === '')) return 'emptyOutput';
  return isPreference(example) && example.chosen === example.rejected ? 'identicalAnswers' : null;
});

export const dropPlaceholders = dropWhen('placeholderOutput', (example) =>
  answersOf(example).some((answer) => PLACEHOLDER.test(answer.trim())) ? 'placeholderOutput' : null,
);
