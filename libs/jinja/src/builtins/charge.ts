import type { Runtime } from '../runtime';
import { asText } from '../values/types';
import type { Arguments, Value } from '../values/value';

/**
 * Counts the texts that a function, filter, test or method receives: each may read all of them. What takes longer than reading
 * a text once, or makes a longer one, counts that itself.
 */
export function chargeTexts(self: Value, { positional, named }: Arguments, { budget }: Runtime): void {
  const count = (value: Value) => budget.use(asText(value)?.length ?? 0);
  count(self);
  for (const value of positional) count(value);
  for (const value of named.values()) count(value);
}
