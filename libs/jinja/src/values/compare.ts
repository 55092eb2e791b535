import { runtimeError } from '../errors';
import type { Runtime } from '../runtime';
import { compareText } from '../strings/code-points';
import { Dict, DictView, hashKey } from './dict';
import { asText, isNumber, typeName } from './types';
import { Generator, Markup, Range, Tuple, Undefined, type Value } from './value';

const MAX_DEPTH = 200;

/** `left == right` */
export function equals(left: Value, right: Value, runtime: Runtime, depth = 0): boolean {
  runtime.budget.step();
  const text = asText(left);
  if (text !== null) {
    const other = asText(right);
    if (other === null || other.length !== text.length) return false;
    runtime.budget.use(text.length);
    return text === other;
  }
  if (left === right) return true;
  if (depth > MAX_DEPTH) throw runtimeError('values nest too deeply to be compared');
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number of the same value are equal in Python
  if (isNumber(left) && isNumber(right)) return number(left) == number(right);
  if (left instanceof Undefined) return right instanceof Undefined;
  const all = (a: Value[], b: Value[]) =>
    a.length === b.length && a.every((item, i) => equals(item, b[i], runtime, depth + 1));
  if (Array.isArray(left)) return Array.isArray(right) && all(left, right);
  if (left instanceof Tuple) return right instanceof Tuple && all(left.items, right.items);
  if (left instanceof Range && right instanceof Range) return sameRange(left, right);
  if (left instanceof Dict && right instanceof Dict) {
    if (left.size !== right.size) return false;
    return left.entries(runtime.budget).every(([key, value]) => {
      const other = right.get(key);
      return other !== undefined && equals(value, other, runtime, depth + 1);
    });
  }
  if (
    left instanceof DictView &&
    right instanceof DictView &&
    left.kind !== 'values' &&
    left.kind === right.kind
  )
    return (
      left.dict.size === right.dict.size &&
      left.items(runtime.budget).every((item) => contains(right, item, runtime))
    );
  return false;
}

/** `left < right`, `left <= right` and so on. */
export function ordered(
  operator: '<' | '<=' | '>' | '>=',
  left: Value,
  right: Value,
  runtime: Runtime,
): boolean {
  const order = compare(left, right, operator, runtime);
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}

/** Negative, zero or positive; NaN when a number is not comparable. */
export function compare(left: Value, right: Value, operator: string, runtime: Runtime, depth = 0): number {
  runtime.budget.step();
  for (const value of [left, right]) if (value instanceof Undefined) throw runtimeError(value.reason);
  if (isNumber(left) && isNumber(right)) {
    const [a, b] = [number(left), number(right)];
    return a < b ? -1 : a > b ? 1 : Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : 0;
  }
  const [textLeft, textRight] = [asText(left), asText(right)];
  if (textLeft !== null && textRight !== null) {
    runtime.budget.use(Math.min(textLeft.length, textRight.length));
    return compareText(textLeft, textRight);
  }
  const [a, b] =
    Array.isArray(left) && Array.isArray(right)
      ? [left, right]
      : left instanceof Tuple && right instanceof Tuple
        ? [left.items, right.items]
        : [null, null];
  if (a === null || b === null || depth > MAX_DEPTH)
    throw runtimeError(
      `'${operator}' not supported between instances of '${typeName(left)}' and '${typeName(right)}'`,
    );
  for (let i = 0; i < Math.min(a.length, b.length); i++)
    if (!equals(a[i], b[i], runtime)) return compare(a[i], b[i], operator, runtime, depth + 1);
  return a.length - b.length;
}

/** `item in container` */
export function contains(container: Value, item: Value, runtime: Runtime): boolean {
  const text = asText(container);
  if (text !== null) {
    const part = asText(item);
    if (item instanceof Undefined) throw runtimeError(item.reason);
    if (part === null)
      throw runtimeError(`'in <string>' requires string as left operand, not ${typeName(item)}`);
    runtime.budget.use(text.length);
    return text.includes(part);
  }
  if (Array.isArray(container)) return container.some((other) => equals(other, item, runtime));
  if (container instanceof Tuple) return container.items.some((other) => equals(other, item, runtime));
  if (container instanceof Dict) return container.has(item);
  if (container instanceof DictView) {
    if (container.kind === 'keys') return container.dict.has(item);
    return container.items(runtime.budget).some((other) => equals(other, item, runtime));
  }
  if (container instanceof Range) {
    if (!isNumber(item)) return false;
    const index = (Number(item) - container.start) / container.step;
    return Number.isInteger(index) && index >= 0 && index < container.length;
  }
  if (container instanceof Undefined) return false;
  if (container instanceof Generator) {
    // Like Python, it consumes the elements up to the one that it finds.
    for (let next = container.items.next(); !next.done; next = container.items.next())
      if (equals(next.value, item, runtime)) return true;
    return false;
  }
  throw runtimeError(`argument of type '${typeName(container)}' is not iterable`);
}

/** The distinct values, by equality of hashable ones. */
export class ValueSet {
  private readonly keys = new Set<ReturnType<typeof hashKey>>();

  /** Whether the value is new. */
  add(value: Value): boolean {
    const key = hashKey(value instanceof Markup ? value.text : value);
    if (this.keys.has(key)) return false;
    this.keys.add(key);
    return true;
  }
}

const number = (value: bigint | number | boolean): bigint | number =>
  typeof value === 'boolean' ? Number(value) : value;

const sameRange = (a: Range, b: Range) =>
  a.length === b.length && (a.length === 0 || (a.start === b.start && (a.length === 1 || a.step === b.step)));
