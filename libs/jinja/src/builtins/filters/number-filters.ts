import { runtimeError } from '../../errors';
import type { Runtime } from '../../runtime';
import { ordered } from '../../values/compare';
import { fixed, roundFloat } from '../../values/number-text';
import { binary, signed } from '../../values/operators';
import { asText, isNumber, typeName } from '../../values/types';
import { Undefined, type Value } from '../../values/value';
import { flag, optionalInteger } from '../arguments';
import type { Filters } from './filter';

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz';
/** Digits of an integer that Python reads. */
const LONGEST_INTEGER = 4300;
const FLOAT =
  /^[+-]?(?:(?:\d(?:_?\d)*(?:\.(?:\d(?:_?\d)*)?)?|\.\d(?:_?\d)*)(?:e[+-]?\d(?:_?\d)*)?|inf(?:inity)?|nan)$/i;

/** `int(text, base)`, or null where Python raises an error. */
function parseInteger(text: string, base: number): bigint | null {
  const match = /^([+-]?)(?:0([xob]))?([\da-z]+(?:_[\da-z]+)*)$/i.exec(text.trim());
  if (!match) return null;
  const [, sign, prefix, digits] = match;
  const prefixBase = prefix ? { x: 16, o: 8, b: 2 }[prefix.toLowerCase() as 'x' | 'o' | 'b'] : null;
  if (prefixBase !== null && base !== prefixBase && base !== 0) return null;
  const radix = BigInt(prefixBase ?? (base === 0 ? 10 : base));
  if (digits.length > LONGEST_INTEGER) return null;
  let value = 0n;
  for (const digit of digits.toLowerCase().replaceAll('_', '')) {
    const number = BigInt(DIGITS.indexOf(digit));
    if (number >= radix) return null;
    value = value * radix + number;
  }
  return sign === '-' ? -value : value;
}

/** `float(value)`, or null where Python raises an error. */
function parseFloatOf(value: Value): number | null {
  if (value instanceof Undefined) throw runtimeError(value.reason);
  if (isNumber(value)) return Number(value);
  const text = asText(value)?.trim();
  if (text === undefined || !FLOAT.test(text)) return null;
  const plain = text.toLowerCase().replaceAll('_', '');
  if (plain.endsWith('nan')) return Number.NaN;
  if (plain.includes('inf'))
    return plain.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(plain);
}

function toInteger(value: Value, otherwise: Value, base: number): Value {
  const text = asText(value);
  const exact = text === null ? null : parseInteger(text, base);
  if (exact !== null) return exact;
  if (typeof value === 'bigint' || typeof value === 'boolean') return BigInt(value);
  const number = parseFloatOf(value);
  return number === null || !Number.isFinite(number) ? otherwise : BigInt(Math.trunc(number));
}

function round(value: Value, digits: number, method: string, runtime: Runtime): Value {
  if (!isNumber(value)) {
    if (value instanceof Undefined) throw runtimeError(value.reason);
    throw runtimeError(`type ${typeName(value)} doesn't define __round__ method`);
  }
  if (method === 'common') {
    if (typeof value === 'number') return roundFloat(value, digits);
    if (digits >= 0) return BigInt(value);
    return BigInt(roundFloat(Number(value), digits));
  }
  if (method !== 'ceil' && method !== 'floor') throw runtimeError('method must be common, ceil or floor');
  const scaled = binary('*', value, binary('**', 10n, BigInt(digits), runtime), runtime);
  return Math[method](Number(scaled)) / 10 ** digits;
}

function fileSize(value: Value, isBinary: boolean): string {
  const bytes = parseFloatOf(value);
  if (bytes === null) throw runtimeError(`filesizeformat expects a number, found ${typeName(value)}`);
  const base = isBinary ? 1024 : 1000;
  if (bytes === 1) return '1 Byte';
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`;
  const prefixes = isBinary ? 'KMGTPEZY' : 'kMGTPEZY';
  let index = 0;
  while (index < prefixes.length - 1 && bytes >= base ** (index + 2)) index++;
  return `${fixed(bytes / base ** (index + 1), 1)} ${prefixes[index]}${isBinary ? 'iB' : 'B'}`;
}

export const NUMBER_FILTERS: Filters = {
  abs: [
    '',
    (value, _, runtime) =>
      isNumber(value) && ordered('<', value, 0n, runtime) ? signed('-', value) : signed('+', value),
  ],
  filesizeformat: ['binary?', (value, [isBinary]) => fileSize(value, flag(isBinary, false))],
  float: ['default?', (value, [otherwise = 0]) => parseFloatOf(value) ?? otherwise],
  int: [
    'default? base?',
    (value, [otherwise = 0n, base], runtime) => {
      // Long numbers are read digit by digit.
      runtime.budget.makeList(Math.min(asText(value)?.length ?? 0, LONGEST_INTEGER));
      return toInteger(value, otherwise, optionalInteger(base, 10));
    },
  ],
  round: [
    'precision? method?',
    (value, [digits, method], runtime) =>
      round(
        value,
        optionalInteger(digits, 0),
        method === undefined ? 'common' : (asText(method) ?? ''),
        runtime,
      ),
  ],
};
