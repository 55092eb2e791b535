import type { Example } from '@open-chatgpt/datasets';

/** The reason why an example is dropped: a short name that is counted. */
export interface Rejected {
  dropped: string;
}

/** One rule of cleaning. */
export interface CleaningRule {
  name: string;
  /** Returns the same object, a corrected copy, or the reason to drop it. */
  apply<E extends Example>(example: E): E | Rejected;
}

export function isRejected(outcome: object): outcome is Rejected {
  return 'dropped' in outcome;
}

/** A rule that only drops: `find` returns the reason, or null. */
export function dropWhen(name: string, find: (example: Example) => string | null): CleaningRule {
  return {
    name,
    apply(example) {
      const reason = find(example);
      return reason === null ? example : { dropped: reason };
    },
  };
}
