import { GrammarError } from '../grammar-error';

/** A field of a schema that counts. */
export function count(value: unknown, name: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new GrammarError(`the JSON schema has ${name}: ${JSON.stringify(value)}; expected a whole number`);
}
