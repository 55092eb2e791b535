import { runtimeError } from '../errors';
import type { Runtime } from '../runtime';
import { codePoints, isPlain, length as textLength } from '../strings/code-points';
import { Dict, DictView } from './dict';
import { asText, typeName } from './types';
import { Generator, Markup, Range, Tuple, Undefined, type Value } from './value';

/** The elements of an iterable: an array, or a lazy sequence. @throws TemplateError for what Python cannot iterate */
export function iterate(value: Value, runtime: Runtime): Iterable<Value> {
  if (Array.isArray(value)) return value;
  const text = asText(value);
  if (text !== null) {
    runtime.budget.makeList(text.length);
    return codePoints(text);
  }
  if (value instanceof Tuple) return value.items;
  if (value instanceof Dict) return value.keys(runtime.budget);
  if (value instanceof DictView) return value.items(runtime.budget);
  if (value instanceof Range) return rangeItems(value, runtime);
  if (value instanceof Undefined) return [];
  if (value instanceof Generator) return value.items;
  throw runtimeError(`'${typeName(value)}' object is not iterable`);
}

/** The numbers of a range. */
export function rangeItems(range: Range, { budget }: Runtime): Value[] {
  budget.step(range.length);
  return Array.from({ length: range.length }, (_, index) => range.at(index));
}

export const isIterable = (value: Value): boolean =>
  Array.isArray(value) ||
  asText(value) !== null ||
  [Tuple, Dict, DictView, Range, Undefined, Generator].some((kind) => value instanceof kind);

/** `list(value)` */
export function toList(value: Value, runtime: Runtime): Value[] {
  const list: Value[] = [];
  for (const item of iterate(value, runtime)) {
    runtime.budget.step();
    list.push(item);
  }
  runtime.budget.makeList(list.length);
  return list;
}

/** `len(value)` */
export function length(value: Value, runtime: Runtime): number {
  const size = knownLength(value, runtime);
  if (size === null) throw runtimeError(`object of type '${typeName(value)}' has no len()`);
  return size;
}

/** The length, or null for values that have none. */
export function knownLength(value: Value, runtime: Runtime): number | null {
  if (Array.isArray(value)) return value.length;
  const text = asText(value);
  if (text !== null) {
    runtime.budget.use(text.length);
    return textLength(text);
  }
  if (value instanceof Tuple) return value.items.length;
  if (value instanceof Dict) return value.size;
  if (value instanceof DictView) return value.dict.size;
  if (value instanceof Range) return value.length;
  return value instanceof Undefined ? 0 : null;
}

/** `value[index]` of a sequence, or undefined when it is outside or no sequence. */
export function elementAt(value: Value, index: number, runtime: Runtime): Value | undefined {
  const text = asText(value);
  if (text !== null) {
    runtime.budget.use(text.length);
    return isPlain(text) ? text.at(index) : codePoints(text).at(index);
  }
  if (Array.isArray(value)) return value.at(index);
  if (value instanceof Tuple) return value.items.at(index);
  if (!(value instanceof Range)) return undefined;
  const position = index < 0 ? index + value.length : index;
  return position >= 0 && position < value.length ? value.at(position) : undefined;
}

/** Bounds of a slice; null is an omitted one. */
export interface Slice {
  start: number | null;
  stop: number | null;
  step: number | null;
}

/** `value[start:stop:step]`, or undefined when the value is no sequence. */
export function slice(value: Value, bounds: Slice, runtime: Runtime): Value | undefined {
  const text = asText(value);
  if (text !== null) {
    const plain = isPlain(text);
    const isRun = (bounds.step ?? 1) === 1;
    // Single characters cost as much as the elements of a list.
    if (isRun && plain) runtime.budget.make(text.length);
    else runtime.budget.makeList(text.length);
    const points = plain ? null : codePoints(text);
    const { start, stop, step } = sliceRange(points?.length ?? text.length, bounds);
    let part: string;
    if (step === 1) part = points ? points.slice(start, stop).join('') : text.slice(start, stop);
    else part = pick(points ?? text, start, stop, step).join('');
    return value instanceof Markup ? new Markup(part) : part;
  }
  if (value instanceof Range) {
    const { start, stop, step } = sliceRange(value.length, bounds);
    return new Range(value.start + start * value.step, value.start + stop * value.step, value.step * step);
  }
  const items = Array.isArray(value) ? value : value instanceof Tuple ? value.items : null;
  if (items === null) return undefined;
  const { start, stop, step } = sliceRange(items.length, bounds);
  const part = step === 1 ? items.slice(start, stop) : pick(items, start, stop, step);
  runtime.budget.makeList(part.length);
  return Array.isArray(value) ? part : new Tuple(part);
}

function pick<T>(items: ArrayLike<T>, start: number, stop: number, step: number): T[] {
  const picked: T[] = [];
  for (let i = start; step > 0 ? i < stop : i > stop; i += step) picked.push(items[i]);
  return picked;
}

/** `slice(...).indices(size)` of Python. */
function sliceRange(size: number, { start, stop, step: given }: Slice) {
  const step = given ?? 1;
  if (step === 0) throw runtimeError('slice step cannot be zero');
  const [lowest, highest] = step > 0 ? [0, size] : [-1, size - 1];
  const clamp = (bound: number) => Math.min(Math.max(bound < 0 ? bound + size : bound, lowest), highest);
  return {
    start: start === null ? (step > 0 ? 0 : size - 1) : clamp(start),
    stop: stop === null ? (step > 0 ? size : -1) : clamp(stop),
    step,
  };
}
