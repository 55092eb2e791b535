import { z } from 'zod';
import { namesCredential } from './credentials';
import { text } from './fields';

const DEEPEST = 16;
const MOST_CHARACTERS = 131_072;

/** The reason why `value` cannot be sent as JSON, as [path, problem]; undefined if it can. */
function problemOf(value: unknown, path: (string | number)[]): [(string | number)[], string] | undefined {
  if (path.length > DEEPEST) return [path, `is nested deeper than ${DEEPEST} levels`];
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') {
    return Number.isFinite(value) ? undefined : [path, `expected a finite number; found ${value}`];
  }
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) {
      const problem = problemOf(item, [...path, i]);
      if (problem) return problem;
    }
    return undefined;
  }
  const prototype = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  // Compares prototype chains by length: plain objects of another realm have another prototype.
  if (prototype === undefined || (prototype !== null && Object.getPrototypeOf(prototype) !== null)) {
    return [
      path,
      `expected JSON; found ${typeof value === 'object' ? 'an instance of a class' : typeof value}`,
    ];
  }
  for (const [name, item] of Object.entries(value as object)) {
    if (namesCredential(name)) {
      return [
        [...path, name],
        'looks like a credential; configure it at the service, never send it in an event',
      ];
    }
    const problem = problemOf(item, [...path, name]);
    if (problem) return problem;
  }
  return undefined;
}

/** Settings that another schema describes: any JSON object of bounded size, without credentials. */
export const jsonObject = z.record(text(128), z.unknown()).superRefine((value, context) => {
  const found = problemOf(value, []);
  if (found) return context.addIssue({ code: 'custom', path: found[0], message: found[1], input: value });
  const { length } = JSON.stringify(value);
  if (length > MOST_CHARACTERS) {
    const message = `expected at most ${MOST_CHARACTERS} characters of JSON; found ${length}`;
    context.addIssue({ code: 'custom', message, input: value });
  }
});
