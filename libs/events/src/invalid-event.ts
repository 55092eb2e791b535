import type { z } from 'zod';

/** An event or message that violates its contract. A retry cannot help: it belongs in the dead-letter queue. */
export class InvalidEvent extends Error {
  /**
   * @param field the invalid field: `data.samples.0.logProbs`, `source`, `key`, `headers.content-type` …
   * @param reason what was expected, and what was found
   */
  constructor(
    readonly field: string,
    readonly reason: string,
  ) {
    super(`invalid event: ${field}: ${reason}`);
    this.name = 'InvalidEvent';
  }
}

/** The first of zod's issues, and the number of the others. @param root name of the parsed value */
export function invalidBecause(issues: readonly z.core.$ZodIssue[], root?: string): InvalidEvent {
  const [{ path, message, ...issue }] = issues;
  const unknown =
    issue.code === 'unrecognized_keys' ? [(issue as z.core.$ZodIssueUnrecognizedKeys).keys[0]] : [];
  const field = [...(root ? [root] : []), ...path, ...unknown].join('.');
  const others = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return new InvalidEvent(field, `${message}${others}`);
}
