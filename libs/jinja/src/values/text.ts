import { runtimeError } from '../errors';
import type { Runtime } from '../runtime';
import { Dict, DictView } from './dict';
import { Namespace } from './namespace';
import { floatText } from './number-text';
import { Markup, Range, Tuple, Undefined, type Value } from './value';

const MAX_DEPTH = 200;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
/** All but the blank, which most texts have many of. */
const UNPRINTABLE = /[\\\p{C}\p{Zl}\p{Zp}\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]/gu;

/** `str(value)`, as a template prints it. */
export function toText(value: Value, runtime: Runtime): string {
  if (typeof value === 'string') return value;
  if (value instanceof Markup) return value.text;
  if (value instanceof Undefined) return '';
  return repr(value, runtime);
}

/** `repr(value)` */
export function repr(value: Value, runtime: Runtime, depth = 0): string {
  runtime.budget.step();
  if (depth > MAX_DEPTH) throw runtimeError('a value nests too deeply to be printed');
  const all = (values: Iterable<Value>) =>
    joined(
      Array.from(values, (item) => repr(item, runtime, depth + 1)),
      runtime,
    );
  switch (typeof value) {
    case 'string':
      return stringRepr(value, runtime);
    case 'boolean':
      return value ? 'True' : 'False';
    case 'bigint':
      return countedInteger(value, runtime);
    case 'number':
      return floatText(value);
  }
  if (value === null) return 'None';
  if (Array.isArray(value)) return `[${all(value)}]`;
  if (value instanceof Tuple)
    return value.items.length === 1 ? `(${all(value.items)},)` : `(${all(value.items)})`;
  if (value instanceof Dict) {
    const pairs = value
      .entries(runtime.budget)
      .map(([key, item]) => `${repr(key, runtime, depth + 1)}: ${repr(item, runtime, depth + 1)}`);
    return `{${joined(pairs, runtime)}}`;
  }
  if (value instanceof DictView) return `${value.typeName}([${all(value.items(runtime.budget))}])`;
  if (value instanceof Range) return rangeText(value);
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof Markup) return `Markup(${stringRepr(value.text, runtime)})`;
  if (value instanceof Namespace) return `<Namespace ${repr(Dict.of(value.entries()), runtime, depth + 1)}>`;
  return String(value);
}

/** Writing the digits takes time that grows with the square of their number. */
function countedInteger(value: bigint, runtime: Runtime): string {
  const text = integerText(value);
  runtime.budget.use(text.length);
  return text;
}

export function integerText(value: bigint): string {
  const text = value.toString();
  if (text.length > 4301) throw runtimeError('an integer has more than 4,300 digits');
  return text;
}

function joined(parts: string[], runtime: Runtime): string {
  const text = parts.join(', ');
  runtime.budget.make(text.length);
  return text;
}

function rangeText({ start, stop, step }: Range): string {
  return step === 1 ? `range(${start}, ${stop})` : `range(${start}, ${stop}, ${step})`;
}

function stringRepr(text: string, runtime: Runtime): string {
  runtime.budget.make(text.length + 2);
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(UNPRINTABLE, (character) => {
    if (Object.hasOwn(ESCAPES, character)) return ESCAPES[character];
    const code = character.codePointAt(0) as number;
    const hex = (length: number) => code.toString(16).padStart(length, '0');
    return code < 0x100 ? `\\x${hex(2)}` : code < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`;
  });
  runtime.budget.make(escaped.length);
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
}
