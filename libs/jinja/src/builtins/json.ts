import { runtimeError } from '../errors';
import type { Runtime } from '../runtime';
import { compareText } from '../strings/code-points';
import { Dict } from '../values/dict';
import { floatText } from '../values/number-text';
import { integerText } from '../values/text';
import { asText, typeName } from '../values/types';
import { Tuple, type Value } from '../values/value';

const MAX_DEPTH = 200;
const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\f': '\\f',
  '\b': '\\b',
};
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes them
const ESCAPED = /["\\\x00-\x1f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes them
const NOT_ASCII = /["\\\x00-\x1f\x7f-\uffff]/g;

export interface JsonOptions {
  ensureAscii: boolean;
  /** The text of one level, or null for one line. */
  indent: string | null;
  separators: [item: string, key: string];
  sortKeys: boolean;
}

/** `json.dumps`. @throws TemplateError for values that are not JSON */
export function toJson(value: Value, options: JsonOptions, runtime: Runtime): string {
  const { indent, separators } = options;
  const write = (item: Value, depth: number): string => {
    runtime.budget.step();
    if (depth > MAX_DEPTH) throw runtimeError('a value nests too deeply for JSON');
    const scalar = scalarText(item, options);
    if (scalar !== null) {
      runtime.budget.make(scalar.length);
      return scalar;
    }
    if (Array.isArray(item) || item instanceof Tuple) {
      const items = Array.isArray(item) ? item : item.items;
      return wrap(
        '[',
        ']',
        items.map((element) => write(element, depth + 1)),
        depth,
      );
    }
    if (!(item instanceof Dict))
      throw runtimeError(`Object of type ${typeName(item)} is not JSON serializable`);
    const entries = options.sortKeys ? sorted(item, runtime) : item.entries(runtime.budget);
    const members = entries.map(
      ([key, element]) => `${quote(keyText(key), options)}${separators[1]}${write(element, depth + 1)}`,
    );
    return wrap('{', '}', members, depth);
  };
  const wrap = (open: string, close: string, parts: string[], depth: number): string => {
    if (parts.length === 0) return open + close;
    if (indent === null) return `${open}${parts.join(separators[0])}${close}`;
    runtime.budget.make((parts.length + 1) * indent.length * (depth + 1));
    const inner = `\n${indent.repeat(depth + 1)}`;
    return `${open}${inner}${parts.join(separators[0] + inner)}\n${indent.repeat(depth)}${close}`;
  };
  const text = write(value, 0);
  runtime.budget.make(text.length);
  return text;
}

function scalarText(value: Value, options: JsonOptions): string | null {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'bigint') return integerText(value);
  if (typeof value === 'number') return jsonFloat(value);
  const text = asText(value);
  return text === null ? null : quote(text, options);
}

function keyText(key: Value): string {
  if (typeof key === 'string') return key;
  if (key === null) return 'null';
  if (typeof key === 'boolean') return key ? 'true' : 'false';
  if (typeof key === 'bigint') return integerText(key);
  if (typeof key === 'number') return jsonFloat(key);
  const text = asText(key);
  if (text === null) throw runtimeError(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
  return text;
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return floatText(value);
}

const quote = (text: string, { ensureAscii }: JsonOptions): string =>
  `"${text.replace(ensureAscii ? NOT_ASCII : ESCAPED, (character) =>
    Object.hasOwn(SHORT, character)
      ? SHORT[character]
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )}"`;

function sorted(dict: Dict, { budget }: Runtime): [Value, Value][] {
  return dict.entries(budget).sort(([a], [b]) => {
    budget.step();
    const [left, right] = [asText(a), asText(b)];
    if (left !== null && right !== null) return compareText(left, right);
    if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : 1;
    throw runtimeError(`'<' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
  });
}
