import type { Budget } from '../budget';
import { runtimeError, TemplateError } from '../errors';
import { TemplateObject, Tuple, type Value } from './value';

/** Characters of a key. Each lookup hashes the key, so a longer one would be work that the budget does not count. */
const LONGEST_KEY = 2000;

type Key = string | bigint | number | null | object;

/** A dictionary of Python: it keeps the order of insertion, and 1, 1.0 and true are the same key. */
export class Dict extends TemplateObject {
  readonly typeName = 'dict';
  private readonly entriesByKey = new Map<Key, [Value, Value]>();

  static of(entries: Iterable<readonly [Value, Value]>): Dict {
    const dict = new Dict();
    for (const [key, value] of entries) dict.set(key, value);
    return dict;
  }

  get size(): number {
    return this.entriesByKey.size;
  }

  get(key: Value): Value | undefined {
    return isTooLong(key) ? undefined : this.entriesByKey.get(hashKey(key))?.[1];
  }

  has(key: Value): boolean {
    return !isTooLong(key) && this.entriesByKey.has(hashKey(key));
  }

  /** @throws TemplateError for a key that is not hashable, or longer than the limit */
  set(key: Value, value: Value): void {
    if (isTooLong(key)) throw keyLimit();
    const hash = hashKey(key);
    const entry = this.entriesByKey.get(hash);
    if (entry) entry[1] = value;
    else this.entriesByKey.set(hash, [key, value]);
  }

  entries(budget: Budget): [Value, Value][] {
    budget.step(this.size);
    return [...this.entriesByKey.values()];
  }

  keys(budget: Budget): Value[] {
    return this.entries(budget).map(([key]) => key);
  }

  values(budget: Budget): Value[] {
    return this.entries(budget).map(([, value]) => value);
  }
}

/** The result of `keys()`, `values()` or `items()`. */
export class DictView extends TemplateObject {
  readonly typeName: string;
  constructor(
    readonly kind: 'keys' | 'values' | 'items',
    readonly dict: Dict,
  ) {
    super();
    this.typeName = `dict_${kind}`;
  }

  items(budget: Budget): Value[] {
    if (this.kind === 'keys') return this.dict.keys(budget);
    if (this.kind === 'values') return this.dict.values(budget);
    return this.dict.entries(budget).map((entry) => new Tuple(entry));
  }
}

/**
 * What a Map compares instead of the value, so that equal values of Python are the same key.
 * @throws TemplateError for lists and dictionaries, which are not hashable
 */
export function hashKey(value: Value): Key {
  switch (typeof value) {
    // The first character separates strings from tuples.
    case 'string':
      return value.charCodeAt(0) === 0 ? `\0s${value}` : value;
    case 'boolean':
      return value ? 1n : 0n;
    case 'number':
      return Number.isInteger(value) ? BigInt(value) : value;
    case 'bigint':
      return value;
  }
  if (value instanceof Tuple) return tupleKey(value);
  if (Array.isArray(value) || value instanceof Dict)
    throw runtimeError(`unhashable type: '${Array.isArray(value) ? 'list' : 'dict'}'`);
  return value;
}

const isTooLong = (key: Value): boolean => typeof key === 'string' && key.length > LONGEST_KEY;

const keyLimit = () =>
  new TemplateError('limit', `a key exceeds the limit of ${LONGEST_KEY.toLocaleString('en')} characters`);

/** The length of each part goes before it, so that different tuples have different keys. */
function tupleKey({ items }: Tuple): string {
  let text = '\0t';
  for (const item of items) {
    const key = isTooLong(item) ? null : hashKey(item);
    if (typeof key === 'object' && key !== null)
      throw runtimeError('a tuple that is a key may hold strings, numbers and tuples only');
    const part = `${typeof key === 'string' ? 's' : 'n'}${String(key)}`;
    text += `${part.length}:${part}`;
    if (isTooLong(item) || text.length > LONGEST_KEY) throw keyLimit();
  }
  return text;
}
