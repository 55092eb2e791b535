import { runtimeError } from '../../errors';
import type { Runtime } from '../../runtime';
import type { Arguments, Value } from '../../values/value';
import { chargeTexts } from '../charge';
import { bind, parameters } from '../parameters';
import { LAZY_FILTERS } from './lazy-filters';
import { LIST_FILTERS } from './list-filters';
import { NUMBER_FILTERS } from './number-filters';
import { TEXT_FILTERS } from './text-filters';

const FILTERS = new Map(
  Object.entries({ ...TEXT_FILTERS, ...NUMBER_FILTERS, ...LIST_FILTERS, ...LAZY_FILTERS }).map(
    ([name, [text, body]]) => [name, { parameters: text === null ? null : parameters(text), body }],
  ),
);

export const isFilter = (name: string): boolean => FILTERS.has(name);

/** `value | name(args)` */
export function applyFilter(name: string, value: Value, args: Arguments, runtime: Runtime): Value {
  const filter = FILTERS.get(name);
  if (!filter) throw runtimeError(`No filter named '${name}'.`);
  chargeTexts(value, args, runtime);
  const bound = filter.parameters ? bind(name, filter.parameters, args) : [];
  return filter.body(value, bound, runtime, args);
}
