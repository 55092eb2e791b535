import type { Example } from '@open-chatgpt/datasets';

/** Why an example is left out: a short name that is counted. */
export interface Rejected {
  dropped: string;
}

/** One idea of what is wrong with examples. */
export interface CleaningRule {
  name: string;
  /** The same object when there is nothing to say, a corrected copy, or the reason to drop it. */
  apply<E extends Example>(example: E): E | Rejected;
}

export function isRejected(outcome: object): outcome is Rejected {
  return 'dropped' in outcome;
}

/** A rule that only drops: `find` names the reason, or says nothing. */
export function dropWhen(name: string, find: (example: Example) => string | null): CleaningRule {
  return {
    name,
    apply(example) {
      const reason = find(example);
      return reason === null ? example : { dropped: reason };
    },
  };
}
