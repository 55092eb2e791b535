import type { Expression } from '../expression';
import { GrammarError } from '../grammar-error';
import { anyInteger, anyNumber } from './json-text';
import { integersWithin, numbersWithin } from './numbers';
import type { Schema } from './schema';

const MANY = Number.POSITIVE_INFINITY;

export function compileNumber(type: 'integer' | 'number', schema: Schema): Expression {
  const bound = (name: string): number | undefined => {
    const value = schema[name];
    if (value === undefined || (typeof value === 'number' && Number.isFinite(value)))
      return value as number | undefined;
    throw new GrammarError(`the JSON schema has ${name}: ${JSON.stringify(value)}; expected a number`);
  };
  const { minimum, maximum, above, below } = {
    minimum: bound('minimum') ?? -MANY,
    maximum: bound('maximum') ?? MANY,
    above: bound('exclusiveMinimum') ?? -MANY,
    below: bound('exclusiveMaximum') ?? MANY,
  };
  const bounds = {
    low: Math.max(minimum, above),
    high: Math.min(maximum, below),
    aboveLow: above >= minimum && above !== -MANY,
    belowHigh: below <= maximum && below !== MANY,
  };
  if (bounds.low === -MANY && bounds.high === MANY) return type === 'integer' ? anyInteger : anyNumber;
  return type === 'integer' ? integersWithin(bounds) : numbersWithin(bounds);
}
