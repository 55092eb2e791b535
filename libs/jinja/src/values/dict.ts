import { runtimeError } from '../errors';
import { TemplateObject, Tuple, type Value } from './value';

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
    return this.entriesByKey.get(hashKey(key))?.[1];
  }

  has(key: Value): boolean {
    return this.entriesByKey.has(hashKey(key));
  }

  set(key: Value, value: Value): void {
    const hash = hashKey(key);
    const entry = this.entriesByKey.get(hash);
    if (entry) entry[1] = value;
    else this.entriesByKey.set(hash, [key, value]);
  }

  entries(): [Value, Value][] {
    return [...this.entriesByKey.values()];
  }

  keys(): Value[] {
    return this.entries().map(([key]) => key);
  }

  values(): Value[] {
    return this.entries().map(([, value]) => value);
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

  items(): Value[] {
    if (this.kind === 'keys') return this.dict.keys();
    if (this.kind === 'values') return this.dict.values();
    return this.dict.entries().map((entry) => new Tuple(entry));
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
  if (value instanceof Tuple) return `\0t${value.items.map(hashText).join(',')}`;
  if (Array.isArray(value) || value instanceof Dict)
    throw runtimeError(`unhashable type: '${Array.isArray(value) ? 'list' : 'dict'}'`);
  return value;
}

function hashText(value: Value): string {
  const key = hashKey(value);
  if (typeof key === 'string') return JSON.stringify(key);
  if (typeof key === 'object' && key !== null)
    throw runtimeError('a tuple that is a key may hold strings, numbers and tuples only');
  return String(key);
}
