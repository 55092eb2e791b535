import { runtimeError } from '../errors';
import type { Runtime } from '../runtime';
import { Dict } from '../values/dict';
import { repr, toText } from '../values/text';
import { asText, isNumber, typeName } from '../values/types';
import { Tuple, Undefined, type Value } from '../values/value';
import { codePoints } from './code-points';
import { countPieces } from './count-pieces';
import { align, numberDigits } from './format-spec';

const CONVERSION = /%(?:\(([^)]{0,200})\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+)?)?[hlL]?([\s\S]?)/gu;

/** `format % values` of Python. */
export function formatPercent(format: string, values: Value, runtime: Runtime): string {
  const counted = countPieces(format, runtime);
  const list = values instanceof Tuple ? values.items : [values];
  let used = 0;
  const next = (): Value => {
    if (used >= list.length) throw runtimeError('not enough arguments for format string');
    return list[used++];
  };
  const text = format.replace(
    CONVERSION,
    counted((all, key?: string, flags = '', width?: string, precision?: string, type = '') => {
      if (type === '%') return '%';
      const columns = Number(width === '*' ? next() : (width ?? 0));
      const dot = /\.(\*|\d*)[hlL]?.?$/u.test(all) && all.includes('.');
      const places = dot ? Number(precision === '*' ? next() : (precision ?? 0)) : null;
      const value = key === undefined ? next() : lookUp(values, key);
      const left = flags.includes('-');
      if ('sra'.includes(type) && type !== '') {
        const full = type === 's' ? toText(value, runtime) : repr(value, runtime);
        runtime.budget.use(places === null ? 0 : full.length);
        const cut = places === null ? full : codePoints(full).slice(0, places).join('');
        return align(cut, columns, left ? '<' : '>', ' ', runtime);
      }
      if (type === 'c')
        return align(
          asText(value) ?? String.fromCodePoint(Number(value)),
          columns,
          left ? '<' : '>',
          ' ',
          runtime,
        );
      if (!/^[diouxXeEfFgG]$/.test(type)) throw runtimeError(`unsupported format character '${type}'`);
      if (!isNumber(value))
        throw runtimeError(`%${type} format: a real number is required, not ${typeName(value)}`);
      const kind = type === 'i' || type === 'u' ? 'd' : type;
      const digits = numberDigits(
        value,
        kind,
        'doxX'.includes(kind) ? null : places,
        flags.includes('#'),
        runtime,
      );
      const padded = 'doxX'.includes(kind) && places !== null ? digits.padStart(places, '0') : digits;
      const sign =
        Number(value) < 0 || Object.is(value, -0)
          ? '-'
          : flags.includes('+')
            ? '+'
            : flags.includes(' ')
              ? ' '
              : '';
      if (flags.includes('0') && !left) return sign + align(padded, columns - sign.length, '>', '0', runtime);
      return align(sign + padded, columns, left ? '<' : '>', ' ', runtime);
    }),
  );
  const isMapping = values instanceof Dict || Array.isArray(values) || values instanceof Undefined;
  if (used < list.length && !(isMapping && used === 0))
    throw runtimeError('not all arguments converted during string formatting');
  runtime.budget.make(text.length);
  return text;
}

function lookUp(values: Value, key: string): Value {
  if (!(values instanceof Dict)) throw runtimeError('format requires a mapping');
  const value = values.get(key);
  if (value === undefined) throw runtimeError(`KeyError: '${key}'`);
  return value;
}
