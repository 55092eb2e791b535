import { runtimeError } from '../errors';
import type { Runtime } from '../runtime';
import { hasOnlyCase, TESTED } from '../strings/case';
import { contains, equals, ordered } from '../values/compare';
import { Dict, DictView } from '../values/dict';
import { binary } from '../values/operators';
import { isIterable, knownLength } from '../values/sequence';
import { toText } from '../values/text';
import { asText, isCallable, isNumber } from '../values/types';
import { Markup, Undefined, type Value } from '../values/value';
import { chargeTexts } from './charge';

const NONE: ReadonlyMap<string, Value> = new Map();

type Test = (value: Value, other: Value, runtime: Runtime) => boolean;

const order =
  (operator: '<' | '<=' | '>' | '>='): Test =>
  (value, other, runtime) =>
    ordered(operator, value, other, runtime);
const equal: Test = (value, other, runtime) => equals(value, other, runtime);
const differs: Test = (value, other, runtime) => !equals(value, other, runtime);
const remainder = (value: Value, divisor: Value, runtime: Runtime) =>
  equals(binary('%', value, divisor, runtime), 0n, runtime);

/** The text of a value of which each character is tested. */
function characters(value: Value, runtime: Runtime): string {
  const text = toText(value, runtime);
  runtime.budget.use(text.length * TESTED);
  return text;
}

/** The tests with their number of arguments. */
const TESTS: Readonly<Record<string, readonly [parameters: number, test: Test]>> = {
  boolean: [0, (value) => typeof value === 'boolean'],
  // An undefined value is callable in Python: its call raises an error.
  callable: [0, (value) => isCallable(value) || value instanceof Undefined],
  defined: [0, (value) => !(value instanceof Undefined)],
  divisibleby: [1, remainder],
  eq: [1, equal],
  equalto: [1, equal],
  '==': [1, equal],
  escaped: [0, (value) => value instanceof Markup],
  even: [0, (value, _, runtime) => remainder(value, 2n, runtime)],
  false: [0, (value) => value === false],
  float: [0, (value) => typeof value === 'number'],
  ge: [1, order('>=')],
  '>=': [1, order('>=')],
  gt: [1, order('>')],
  greaterthan: [1, order('>')],
  '>': [1, order('>')],
  in: [1, (value, container, runtime) => contains(container, value, runtime)],
  integer: [0, (value) => typeof value === 'bigint'],
  iterable: [0, isIterable],
  le: [1, order('<=')],
  '<=': [1, order('<=')],
  lower: [0, (value, _, runtime) => hasOnlyCase(characters(value, runtime), 'toLowerCase')],
  lt: [1, order('<')],
  lessthan: [1, order('<')],
  '<': [1, order('<')],
  mapping: [0, (value) => value instanceof Dict],
  ne: [1, differs],
  '!=': [1, differs],
  none: [0, (value) => value === null],
  number: [0, isNumber],
  odd: [0, (value, _, runtime) => equals(binary('%', value, 2n, runtime), 1n, runtime)],
  sameas: [1, (value, other) => value === other],
  sequence: [0, (value, _, runtime) => knownLength(value, runtime) !== null && !(value instanceof DictView)],
  string: [0, (value) => asText(value) !== null],
  true: [0, (value) => value === true],
  undefined: [0, (value) => value instanceof Undefined],
  upper: [0, (value, _, runtime) => hasOnlyCase(characters(value, runtime), 'toUpperCase')],
};

export const isTest = (name: string): boolean =>
  Object.hasOwn(TESTS, name) || name === 'filter' || name === 'test';

/** `value is name(args)` */
export function applyTest(name: string, value: Value, args: readonly Value[], runtime: Runtime): boolean {
  if (!Object.hasOwn(TESTS, name)) throw runtimeError(`No test named '${name}'.`);
  const [count, test] = TESTS[name];
  if (args.length !== count)
    throw runtimeError(`the test "${name}" takes ${count} arguments, found ${args.length}`);
  chargeTexts(value, { positional: [...args], named: NONE }, runtime);
  return test(value, args[0] ?? null, runtime);
}
