import { nearestName } from '@open-chatgpt/untrusted';
import { z } from 'zod';

type Issue = z.core.$ZodIssue;

/** What is wrong with one field: where it stands and a sentence that says what was expected. */
export interface ConfigProblem {
  path: (string | number)[];
  /** The unknown keys, when that is the problem, so that a caller can point at each. */
  unknownKey?: string;
  message: string;
}

/** An object schema that refuses fields it does not know and suggests the nearest that it does. */
export function strict<S extends z.core.$ZodShape>(shape: S) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? JSON.stringify(Object.keys(shape)) : undefined),
  });
}

/** A value as shown in a message: JSON, shortened. */
function shown(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'a mapping';
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

const nouns: Record<string, string> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text in quotes',
  boolean: 'true or false',
  object: 'a mapping of fields',
  array: 'a list',
};

function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${nouns[issue.expected] ?? issue.expected}`;
    case 'too_small':
    case 'too_big': {
      const small = issue.code === 'too_small';
      const bound = small ? issue.minimum : issue.maximum;
      if (issue.origin === 'string')
        return `expected ${small ? 'at least' : 'at most'} ${bound} character(s)`;
      if (issue.origin === 'array') return `expected ${small ? 'at least' : 'at most'} ${bound} item(s)`;
      if (small) return `expected ${issue.inclusive ? 'at least' : 'more than'} ${bound}`;
      return `expected ${issue.inclusive ? 'at most' : 'less than'} ${bound}`;
    }
    case 'invalid_value':
      return `expected one of ${issue.values.map((value) => String(value)).join(', ')}`;
    default:
      return issue.message;
  }
}

function unknownKeyProblem(path: (string | number)[], key: string, known: string[]): ConfigProblem {
  const near = nearestName(key, known);
  const remedy = near ? `did you mean "${near}"?` : `known fields: ${known.join(', ')}`;
  return { path: [...path, key], unknownKey: key, message: `unknown field ${shown(key)}; ${remedy}` };
}

/** A field such as `uses` whose value names none of the known options. */
function unknownOption(
  path: (string | number)[],
  options: readonly unknown[],
  input: unknown,
): ConfigProblem {
  const found = (input as Record<string, unknown> | undefined)?.[String(path.at(-1))];
  const names = options.map(String);
  const near = typeof found === 'string' ? nearestName(found, names) : null;
  const expected = `expected one of ${names.join(', ')}`;
  if (found === undefined) return { path, message: `missing; ${expected}` };
  return { path, message: `${expected}; found ${shown(found)}${near ? `; did you mean "${near}"?` : ''}` };
}

/** Zod's issues as sentences that name what was found and what was expected. */
export function explainIssues(issues: readonly Issue[]): ConfigProblem[] {
  return issues.flatMap((issue): ConfigProblem[] => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    if (issue.code === 'unrecognized_keys') {
      const known = JSON.parse(issue.message) as string[];
      return issue.keys.map((key) => unknownKeyProblem(path, key, known));
    }
    if (issue.code === 'invalid_union' && 'options' in issue && issue.options)
      return [unknownOption(path, issue.options, issue.input)];
    if (issue.code === 'invalid_union') {
      const alternatives = issue.errors.map((errors) => errors[0]).filter((error) => error !== undefined);
      const message = [...new Set(alternatives.map(expectation))].join(', or ');
      return [{ path, message: `${message}; found ${shown(issue.input)}` }];
    }
    if (issue.code === 'custom') return [{ path, message: issue.message }];
    if (issue.input === undefined) return [{ path, message: `missing; ${expectation(issue)}` }];
    return [{ path, message: `${expectation(issue)}; found ${shown(issue.input)}` }];
  });
}

/**
 * Validates a configuration and fills in its defaults.
 * @param where what the message starts with: a file, or "SFT config"
 * @throws Error that lists every wrong field, one a line
 */
export function parseConfig<T extends z.ZodType>(schema: T, raw: unknown, where: string): z.output<T> {
  const result = schema.safeParse(raw ?? {}, { reportInput: true });
  if (result.success) return result.data;
  const lines = explainIssues(result.error.issues).map(
    ({ path, message }) => `${where}: ${path.length ? `${path.join('.')}: ` : ''}${message}`,
  );
  throw new Error(lines.join('\n'));
}
