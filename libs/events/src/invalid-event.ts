import type { z } from 'zod';

/** An event or message that its contract refuses. Trying again cannot help: it belongs in the dead letters. */
export class InvalidEvent extends Error {
  /**
   * @param field where the problem lies: `data.samples.0.logProbs`, `source`, `key`, `headers.content-type` …
   * @param reason what was expected and what was found
   */
  constructor(
    readonly field: string,
    readonly reason: string,
  ) {
    super(`invalid event: ${field}: ${reason}`);
    this.name = 'InvalidEvent';
  }
}

/** The first of the issues that zod found, and how many there are. @param root name of the value that was parsed */
export function invalidBecause(issues: readonly z.core.$ZodIssue[], root?: string): InvalidEvent {
  const [{ path, message, ...issue }] = issues;
  const unknown =
    issue.code === 'unrecognized_keys' ? [(issue as z.core.$ZodIssueUnrecognizedKeys).keys[0]] : [];
  const field = [...(root ? [root] : []), ...path, ...unknown].join('.');
  const others = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return new InvalidEvent(field, `${message}${others}`);
}
