import { openingOf } from '@open-chatgpt/datasets';
import { answersOf, charactersOf } from './example-texts';
import { type CleaningRule, dropWhen } from './rule';

export interface LengthLimits {
  /** Fewest characters in everything before the first answer. */
  minPromptCharacters: number;
  /** Fewest characters in each answer. */
  minAnswerCharacters: number;
  /** Most characters in the whole example. */
  maxCharacters: number;
}

export function lengthRule(limits: LengthLimits): CleaningRule {
  return dropWhen('length', (example) => {
    if (charactersOf(example) > limits.maxCharacters) return 'tooLong';
    const opening = openingOf(example).reduce((sum, { content }) => sum + content.length, 0);
    if (opening < limits.minPromptCharacters) return 'promptTooShort';
    return answersOf(example).some((text) => text.length < limits.minAnswerCharacters)
      ? 'answerTooShort'
      : null;
  });
}
