import { runtimeError } from '../errors';
import type { Runtime } from '../runtime';
import { exponentText, fixed, floatText } from '../values/number-text';
import { toText } from '../values/text';
import { asText, isNumber, typeName } from '../values/types';
import type { Value } from '../values/value';
import { codePoints, length } from './code-points';

const SPEC = /^(?:([\s\S]?)([<>=^]))?([-+ ]?)(#?)(0?)(\d*)([,_]?)(?:\.(\d+))?([bcdeEfFgGnosxX%]?)$/u;

/** `text` between `fill`s, to a width in code points. An odd rest goes to the right of centered text. */
export function align(text: string, width: number, how: string, fill: string, runtime: Runtime): string {
  runtime.budget.make(text.length + Math.max(0, width));
  const missing = width - length(text);
  if (missing <= 0) return text;
  if (how === '>') return fill.repeat(missing) + text;
  if (how === '<') return text + fill.repeat(missing);
  const left = Math.floor(missing / 2);
  return fill.repeat(left) + text + fill.repeat(missing - left);
}

/** `value.__format__(spec)` for strings and numbers. */
export function formatValue(value: Value, spec: string, runtime: Runtime): string {
  if (spec === '') return toText(value, runtime);
  const match = SPEC.exec(spec);
  if (!match) throw runtimeError(`the format "${spec}" is invalid`);
  const [, fillGiven, alignment, sign, alternate, zero, width, group, precision, type] = match;
  const places = precision === undefined ? null : Number(precision);
  const text = asText(value);
  if (text !== null || !isNumber(value)) {
    if (text === null)
      throw runtimeError(`unsupported format string passed to ${typeName(value)}.__format__`);
    if (type !== '' && type !== 's')
      throw runtimeError(`unknown format code '${type}' for object of type 'str'`);
    runtime.budget.use(places === null ? 0 : text.length);
    const cut = places === null ? text : codePoints(text).slice(0, places).join('');
    return align(cut, Number(width), alignment ?? '<', fillGiven || (zero ? '0' : ' '), runtime);
  }
  const digits = numberDigits(value, type, places, alternate !== '', runtime);
  const prefix = Number(value) < 0 || Object.is(value, -0) ? '-' : sign === '+' || sign === ' ' ? sign : '';
  const grouped = group ? groupDigits(digits, group) : digits;
  const how = alignment ?? (zero ? '=' : '>');
  const fill = fillGiven || (zero ? '0' : ' ');
  if (how !== '=') return align(prefix + grouped, Number(width), how, fill, runtime);
  return prefix + align(grouped, Number(width) - prefix.length, '>', fill, runtime);
}

/** The digits of the absolute value, by a format type of Python. */
export function numberDigits(
  value: bigint | number | boolean,
  type: string,
  precision: number | null,
  alternate: boolean,
  runtime: Runtime,
): string {
  runtime.budget.make((precision ?? 0) + 32);
  const isInteger = typeof value !== 'number';
  const absolute = Math.abs(Number(value));
  const integer = () => {
    const whole = isInteger ? BigInt(value) : BigInt(Math.trunc(value));
    return whole < 0n ? -whole : whole;
  };
  switch (type) {
    case '':
      if (isInteger) return integer().toString();
      return precision === null ? floatText(absolute) : general(absolute, precision, alternate);
    case 'd':
    case 'n':
      return integer().toString();
    case 'b':
      return (alternate ? '0b' : '') + integer().toString(2);
    case 'o':
      return (alternate ? '0o' : '') + integer().toString(8);
    case 'x':
      return (alternate ? '0x' : '') + integer().toString(16);
    case 'X':
      return (alternate ? '0X' : '') + integer().toString(16).toUpperCase();
    case 'c':
      return String.fromCodePoint(Number(integer()));
    case '%':
      return `${fixed(absolute * 100, precision ?? 6)}%`;
  }
  if (!Number.isFinite(absolute)) return floatText(absolute);
  const lower = type.toLowerCase();
  const digits =
    lower === 'f'
      ? fixed(absolute, precision ?? 6)
      : lower === 'e'
        ? scientific(absolute, precision ?? 6)
        : general(absolute, precision ?? 6, alternate);
  return type === lower ? digits : digits.toUpperCase();
}

function scientific(value: number, precision: number): string {
  const [mantissa, exponent] = value.toExponential(Math.min(precision, 100)).split('e');
  return `${mantissa}e${exponentText(Number(exponent))}`;
}

function general(value: number, precision: number, alternate: boolean): string {
  if (!Number.isFinite(value)) return floatText(value);
  const places = Math.min(Math.max(precision, 1), 100);
  const exponent = Number(value.toExponential(places - 1).split('e')[1]);
  const trim = (digits: string) =>
    alternate || !digits.includes('.') ? digits : digits.replace(/(?<!0)0+$/, '').replace(/\.$/, '');
  if (exponent >= -4 && exponent < places) return trim(fixed(value, places - 1 - exponent));
  const [mantissa, power] = scientific(value, places - 1).split('e');
  return `${trim(mantissa)}e${power}`;
}

function groupDigits(digits: string, separator: string): string {
  const [whole] = digits.match(/^\d*/) as RegExpMatchArray;
  const first = whole.length % 3;
  const groups = [
    ...(first > 0 ? [whole.slice(0, first)] : []),
    ...(whole.slice(first).match(/\d{3}/g) ?? []),
  ];
  return groups.join(separator) + digits.slice(whole.length);
}
