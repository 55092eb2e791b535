import { runtimeError } from '../../errors';
import type { Runtime } from '../../runtime';
import { iterate } from '../../values/sequence';
import { truthy } from '../../values/types';
import { type Arguments, Generator, type Value } from '../../values/value';
import { text } from '../arguments';
import { attributeGetter } from './attributes';
import type { Filters } from './filter';

function* map(value: Value, args: Arguments, runtime: Runtime): globalThis.Generator<Value, void, undefined> {
  if (!truthy(value)) return;
  const change = prepareMap(args, runtime);
  for (const item of iterate(value, runtime)) {
    runtime.budget.step();
    yield change(item);
  }
}

/** `map(attribute=…, default=…)`, or `map('filter', arguments)`. */
function prepareMap({ positional, named }: Arguments, runtime: Runtime): (item: Value) => Value {
  if (positional.length === 0 && named.has('attribute')) {
    for (const name of named.keys())
      if (name !== 'attribute' && name !== 'default') throw runtimeError(`map() has no parameter "${name}"`);
    return attributeGetter(named.get('attribute'), runtime, named.get('default'));
  }
  if (positional.length === 0) throw runtimeError('map requires a filter argument');
  const [name, ...rest] = positional;
  const filter = text(name, 'the filter of map()');
  return (item) => runtime.filter(filter, item, { positional: rest, named });
}

function* select(
  value: Value,
  { positional, named }: Arguments,
  wanted: boolean,
  byAttribute: boolean,
  runtime: Runtime,
): globalThis.Generator<Value, void, undefined> {
  if (!truthy(value)) return;
  const [attribute, ...others] = byAttribute ? positional : [null, ...positional];
  if (attribute === undefined) throw runtimeError('Missing parameter for attribute name');
  const read = attributeGetter(attribute, runtime);
  const [test, ...rest] = others;
  for (const item of iterate(value, runtime)) {
    runtime.budget.step();
    const tested = read(item);
    const found =
      test === undefined
        ? truthy(tested)
        : runtime.test(text(test, 'the test'), tested, { positional: rest, named });
    if (found === wanted) yield item;
  }
}

const selector = (wanted: boolean, byAttribute: boolean): Filters[string] => [
  null,
  (value, _, runtime, args) => new Generator(select(value, args, wanted, byAttribute, runtime)),
];

/** Filters that compute an element when it is needed. */
export const LAZY_FILTERS: Filters = {
  map: [null, (value, _, runtime, args) => new Generator(map(value, args, runtime))],
  reject: selector(false, false),
  rejectattr: selector(false, true),
  select: selector(true, false),
  selectattr: selector(true, true),
};
