import { Dict } from './dict';
import type { Value } from './value';

const MAX_DEPTH = 200;

/** How much the variables of a rendering contain. */
export interface Extent {
  characters: number;
  values: number;
}

/**
 * A value of JSON as a value of a template, counted in `extent`. A whole number is an integer: JSON.parse does not tell 1.0
 * from 1. Only own properties are read.
 * @throws Error for what is not JSON, or nests too deeply
 */
export function fromJs(value: unknown, extent: Extent, depth = 0): Value {
  if (depth > MAX_DEPTH) throw new Error('a variable of the template nests too deeply.');
  extent.values++;
  switch (typeof value) {
    case 'string':
      extent.characters += value.length;
      return value;
    case 'boolean':
    case 'bigint':
      return value;
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value) : value;
    case 'undefined':
      return null;
    case 'object': {
      if (value === null) return null;
      if (Array.isArray(value)) return value.map((item) => fromJs(item, extent, depth + 1));
      const dict = new Dict();
      for (const [key, item] of Object.entries(value))
        if (item !== undefined) dict.set(key, fromJs(item, extent, depth + 1));
      return dict;
    }
    default:
      throw new Error(`a variable of the template is a ${typeof value}; only values of JSON are allowed.`);
  }
}
