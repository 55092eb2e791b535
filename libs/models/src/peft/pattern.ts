import { ModelFileError } from '../weights/model-file-error';

/** A longer text is no name of a module, and could take a long time to search in. */
const LONGEST = 200;
/** Quantifiers on groups, with which a search can take exponential time. */
const NESTED = /\)[*+{]/;
/** With each further one, the time of a search can grow by a factor of the length of the name. */
const MOST_QUANTIFIERS = 2;
const QUANTIFIER = /(?<!\()[*+?{]/g;

/**
 * Whether a pattern of `rank_pattern` or `alpha_pattern` names a module: the whole name, or its end after a point (PEFT's
 * `get_pattern_key`). Patterns are Python's regular expressions; the names of modules need none that JavaScript lacks.
 *
 * @throws ModelFileError for a pattern that is no regular expression or could take very long
 */
export function matchesName(pattern: string, module: string, where: string): boolean {
  if (module === pattern || module.endsWith(`.${pattern}`)) return true;
  const quantifiers = pattern.match(QUANTIFIER)?.length ?? 0;
  if (
    Math.max(pattern.length, module.length) > LONGEST ||
    NESTED.test(pattern) ||
    quantifiers > MOST_QUANTIFIERS
  )
    throw new ModelFileError(
      where,
      `the pattern "${pattern.slice(0, 40)}" is too complex for the name of a module`,
    );
  try {
    // Linear time: both pattern and name are short, and groups have no quantifiers.
    return new RegExp(`^(?:.*\\.)?(?:${pattern})$`).test(module);
  } catch {
    throw new ModelFileError(where, `the pattern "${pattern}" is no regular expression`);
  }
}
