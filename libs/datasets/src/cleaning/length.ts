import { answersOf, charactersOf, turnsOf } from './example-texts';
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
    const turns = turnsOf(example);
    const answer = turns.findIndex(({ role }) => role === 'assistant');
    const prompt = answer === -1 ? turns : turns.slice(0, answer);
    if (prompt.reduce((sum, { content }) => sum + content.length, 0) < limits.minPromptCharacters)
      return 'promptTooShort';
    return answersOf(example).some((text) => text.length < limits.minAnswerCharacters)
      ? 'answerTooShort'
      : null;
  });
}
