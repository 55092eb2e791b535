import { runtimeError } from '../../errors';
import type { Runtime } from '../../runtime';
import { compare, equals, ValueSet } from '../../values/compare';
import { Dict } from '../../values/dict';
import { binary } from '../../values/operators';
import { iterate, length, toList } from '../../values/sequence';
import { toText } from '../../values/text';
import { asText, truthy, typeName } from '../../values/types';
import { Generator, Markup, Tuple, Undefined, type Value } from '../../values/value';
import { flag, optionalInteger, optionalText } from '../arguments';
import { attributeGetter, withoutCase } from './attributes';
import type { Filters } from './filter';

/** Sorts by keys, stably. */
function sortBy(items: Value[], key: (item: Value) => Value, reverse: boolean, runtime: Runtime): Value[] {
  runtime.budget.makeList(items.length);
  const keyed = items.map((item) => ({ item, key: key(item) }));
  // A reversed stable sort keeps the order of equal items.
  keyed.sort((a, b) => (reverse ? compare(b.key, a.key, '<', runtime) : compare(a.key, b.key, '<', runtime)));
  return keyed.map(({ item }) => item);
}

function extreme(
  value: Value,
  caseSensitive: Value | undefined,
  attribute: Value | undefined,
  sign: 1 | -1,
  runtime: Runtime,
): Value {
  const read = attributeGetter(attribute, runtime);
  const key = (item: Value) => (flag(caseSensitive, false) ? read(item) : withoutCase(read(item), runtime));
  let best: Value | undefined;
  for (const item of iterate(value, runtime))
    if (best === undefined || sign * compare(key(item), key(best), sign > 0 ? '>' : '<', runtime) > 0)
      best = item;
  return best === undefined ? new Undefined('No aggregated item, sequence was empty.') : best;
}

/** A pair of `groupby`, also with names. */
class Group extends Tuple {
  override attribute(name: string): Value | undefined {
    return name === 'grouper' ? this.items[0] : name === 'list' ? this.items[1] : undefined;
  }
}

function groupBy(
  value: Value,
  attribute: Value,
  otherwise: Value | undefined,
  caseSensitive: boolean,
  runtime: Runtime,
): Value[] {
  const read = attributeGetter(attribute, runtime, otherwise);
  const key = (item: Value) => (caseSensitive ? read(item) : withoutCase(read(item), runtime));
  const groups: { key: Value; items: Value[] }[] = [];
  for (const item of sortBy(toList(value, runtime), key, false, runtime)) {
    const last = groups.at(-1);
    if (last && equals(last.key, key(item), runtime)) last.items.push(item);
    else groups.push({ key: key(item), items: [item] });
  }
  return groups.map(({ items }) => new Group([read(items[0]), items]));
}

function* batches(value: Value, size: number, fill: Value | undefined, runtime: Runtime): Generator_ {
  let batch: Value[] = [];
  for (const item of iterate(value, runtime)) {
    runtime.budget.step();
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
    batch.push(item);
  }
  if (batch.length === 0) return;
  if (fill !== undefined && fill !== null && batch.length < size) {
    runtime.budget.makeList(size);
    while (batch.length < size) batch.push(fill);
  }
  yield batch;
}

function* slices(value: Value, count: number, fill: Value | undefined, runtime: Runtime): Generator_ {
  const items = toList(value, runtime);
  if (count === 0) throw runtimeError('integer division or modulo by zero');
  if (count < 0) return;
  runtime.budget.makeList(count);
  const [each, extra] = [Math.floor(items.length / count), items.length % count];
  let start = 0;
  for (let i = 0; i < count; i++) {
    runtime.budget.step();
    const size = each + (i < extra ? 1 : 0);
    const part = items.slice(start, start + size);
    if (fill !== undefined && fill !== null && i >= extra) part.push(fill);
    start += size;
    yield part;
  }
}

type Generator_ = globalThis.Generator<Value, void, undefined>;

function* uniqueItems(
  value: Value,
  caseSensitive: boolean,
  attribute: Value | undefined,
  runtime: Runtime,
): Generator_ {
  const read = attributeGetter(attribute, runtime);
  const seen = new ValueSet();
  for (const item of iterate(value, runtime)) {
    runtime.budget.step();
    const key = caseSensitive ? read(item) : withoutCase(read(item), runtime);
    runtime.budget.use(asText(key)?.length ?? 1);
    if (seen.add(key)) yield item;
  }
}

function join(
  value: Value,
  separator: Value | undefined,
  attribute: Value | undefined,
  runtime: Runtime,
): Value {
  const read = attributeGetter(attribute, runtime);
  const between = separator === undefined ? '' : toText(separator, runtime);
  let size = 0;
  const parts = Array.from(iterate(value, runtime), (item) => {
    const part = toText(read(item), runtime);
    size += part.length + between.length;
    runtime.budget.fits(size);
    runtime.budget.step();
    return part;
  });
  runtime.budget.make(size);
  return parts.join(between);
}

function reverse(value: Value, runtime: Runtime): Value {
  const text = asText(value);
  if (text === null) {
    const items = toList(value, runtime).reverse();
    return new Generator(items[Symbol.iterator]());
  }
  runtime.budget.makeList(text.length);
  const reversed = Array.from(text).reverse().join('');
  return value instanceof Markup ? new Markup(reversed) : reversed;
}

const edge = (value: Value, last: boolean, runtime: Runtime): Value => {
  if (!last) {
    for (const item of iterate(value, runtime)) return item;
    return new Undefined('No first item, sequence was empty.');
  }
  if (value instanceof Generator) throw runtimeError("'generator' object is not reversible");
  const item = toList(value, runtime).at(-1);
  return item === undefined ? new Undefined('No last item, sequence was empty.') : item;
};

export const LIST_FILTERS: Filters = {
  attr: [
    'name',
    (value, [name], runtime) => {
      const wanted = toText(name as Value, runtime);
      // The filter reads no items of dictionaries.
      if (value instanceof Dict && value.has(wanted)) {
        const found = runtime.attribute(new Dict(), wanted);
        return found;
      }
      return runtime.attribute(value, wanted);
    },
  ],
  batch: [
    'linecount fill_with?',
    (value, [size, fill], runtime) => new Generator(batches(value, optionalInteger(size, 0), fill, runtime)),
  ],
  count: ['', (value, _, runtime) => BigInt(length(value, runtime))],
  d: ['default_value? boolean?', (value, [otherwise, boolean]) => fallback(value, otherwise, boolean)],
  default: ['default_value? boolean?', (value, [otherwise, boolean]) => fallback(value, otherwise, boolean)],
  dictsort: [
    'case_sensitive? by? reverse?',
    (value, [caseSensitive, by, reversed], runtime) => {
      if (!(value instanceof Dict)) throw runtimeError(`dictsort expects a dict, found ${typeName(value)}`);
      const field = optionalText(by, 'the argument "by"') ?? 'key';
      if (field !== 'key' && field !== 'value')
        throw runtimeError('You can only sort by either "key" or "value"');
      const key = (pair: Value) => {
        const part = (pair as Tuple).items[field === 'key' ? 0 : 1];
        return flag(caseSensitive, false) ? part : withoutCase(part, runtime);
      };
      return sortBy(
        value.entries(runtime.budget).map((entry) => new Tuple(entry)),
        key,
        flag(reversed, false),
        runtime,
      );
    },
  ],
  first: ['', (value, _, runtime) => edge(value, false, runtime)],
  groupby: [
    'attribute default? case_sensitive?',
    (value, [attribute, otherwise, caseSensitive], runtime) =>
      groupBy(value, attribute as Value, otherwise, flag(caseSensitive, false), runtime),
  ],
  items: [
    '',
    (value, _, runtime) => {
      if (value instanceof Undefined) return new Generator([][Symbol.iterator]());
      if (!(value instanceof Dict)) throw runtimeError('Can only get item pairs from a mapping.');
      return new Generator(
        value
          .entries(runtime.budget)
          .map((entry) => new Tuple(entry))
          [Symbol.iterator](),
      );
    },
  ],
  join: [
    'd? attribute?',
    (value, [separator, attribute], runtime) => join(value, separator, attribute, runtime),
  ],
  last: ['', (value, _, runtime) => edge(value, true, runtime)],
  length: ['', (value, _, runtime) => BigInt(length(value, runtime))],
  list: ['', (value, _, runtime) => toList(value, runtime)],
  max: [
    'case_sensitive? attribute?',
    (value, [caseSensitive, attribute], runtime) => extreme(value, caseSensitive, attribute, 1, runtime),
  ],
  min: [
    'case_sensitive? attribute?',
    (value, [caseSensitive, attribute], runtime) => extreme(value, caseSensitive, attribute, -1, runtime),
  ],
  reverse: ['', (value, _, runtime) => reverse(value, runtime)],
  slice: [
    'slices fill_with?',
    (value, [count, fill], runtime) => new Generator(slices(value, optionalInteger(count, 0), fill, runtime)),
  ],
  sort: [
    'reverse? case_sensitive? attribute?',
    (value, [reversed, caseSensitive, attribute], runtime) => {
      const attributes = typeof attribute === 'string' ? attribute.split(',') : [attribute];
      const readers = attributes.map((name) => attributeGetter(name, runtime));
      const key = (item: Value) =>
        readers.map((read) => (flag(caseSensitive, false) ? read(item) : withoutCase(read(item), runtime)));
      return sortBy(toList(value, runtime), key, flag(reversed, false), runtime);
    },
  ],
  sum: [
    'attribute? start?',
    (value, [attribute, start], runtime) => {
      const read = attributeGetter(attribute, runtime);
      let sum: Value = start === undefined ? 0n : start;
      if (asText(sum) !== null) throw runtimeError("sum() can't sum strings; use join");
      for (const item of iterate(value, runtime)) {
        runtime.budget.step();
        sum = binary('+', sum, read(item), runtime);
      }
      return sum;
    },
  ],
  unique: [
    'case_sensitive? attribute?',
    (value, [caseSensitive, attribute], runtime) =>
      new Generator(uniqueItems(value, flag(caseSensitive, false), attribute, runtime)),
  ],
};

function fallback(value: Value, otherwise: Value = '', boolean?: Value): Value {
  const isMissing = value instanceof Undefined || (flag(boolean, false) && !truthy(value));
  return isMissing ? otherwise : value;
}
