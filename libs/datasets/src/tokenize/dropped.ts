import { describeLeftOut } from '../reading/reasons';

/** The reason why an example cannot be used. */
export interface Dropped {
  dropped: DropReason;
  detail?: string;
}

export type DropReason =
  | 'noAssistantTurn'
  | 'noAnswerToLearn'
  | 'noLabelLeft'
  | 'outsideGeneration'
  | 'promptChanges'
  | 'promptTooLong'
  | 'answerTooLong'
  | 'identicalAnswers'
  | 'templateRefuses'
  | 'templateWithoutTools';

export interface TokenizedAll<T> {
  items: T[];
  /** The index in the input of each item. */
  sources: number[];
  dropped: Partial<Record<DropReason, number>>;
}

/** Few enough to bound memory, enough to keep the threads of the tokenizer busy. */
const CONCURRENT = 256;

/**
 * Tokenizes many examples and counts those that are dropped. Throws when all of them are, with the detail of the first: then the
 * configuration is wrong and not the data.
 */
export async function tokenizeAll<E, T extends object>(
  examples: readonly E[],
  tokenizeOne: (example: E) => Promise<T | Dropped>,
): Promise<TokenizedAll<T>> {
  const result: TokenizedAll<T> = { items: [], sources: [], dropped: {} };
  let detail = '';
  for (let start = 0; start < examples.length; start += CONCURRENT) {
    const outcomes = await Promise.all(examples.slice(start, start + CONCURRENT).map(tokenizeOne));
    outcomes.forEach((outcome, offset) => {
      if (isDropped(outcome)) {
        result.dropped[outcome.dropped] = (result.dropped[outcome.dropped] ?? 0) + 1;
        detail ||= outcome.detail ?? '';
      } else {
        result.items.push(outcome);
        result.sources.push(start + offset);
      }
    });
  }
  if (examples.length > 0 && result.items.length === 0) {
    const leftOut = Object.entries(result.dropped).map(([reason, count]) => ({ reason, count }));
    throw new Error(
      `tokenize: none of ${examples.length} examples is left: ${describeLeftOut(leftOut)}. ` +
        `${detail || 'Raise maxLength, or look at the data with "openchat data preview".'}`,
    );
  }
  return result;
}

export function isDropped(outcome: object): outcome is Dropped {
  return 'dropped' in outcome;
}
