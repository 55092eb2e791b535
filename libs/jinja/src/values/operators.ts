import { runtimeError, TemplateError } from '../errors';
import type { BinaryOperator } from '../parser/nodes';
import type { Runtime } from '../runtime';
import { formatPercent } from '../strings/format-percent';
import { escapeHtml } from '../strings/html';
import { asText, isNumber, typeName } from './types';
import { Markup, Tuple, Undefined, type Value } from './value';

const HUGE = 1n << 1024n;
const MAX_BITS = 20_000;

/** `left operator right` for numbers, strings and lists. */
export function binary(operator: BinaryOperator, left: Value, right: Value, runtime: Runtime): Value {
  const text = asText(left);
  if (operator === '%' && text !== null) return formatPercent(text, right, runtime);
  for (const value of [left, right]) if (value instanceof Undefined) throw runtimeError(value.reason);
  if (isNumber(left) && isNumber(right)) return arithmetic(operator, left, right, runtime);
  if (operator === '+') return add(left, right, runtime);
  if (operator === '*') {
    if (isCount(right)) return repeat(left, Number(right), runtime);
    if (isCount(left)) return repeat(right, Number(left), runtime);
  }
  return unsupported(operator, left, right);
}

/** `-value` or `+value` */
export function signed(sign: '-' | '+', value: Value): Value {
  if (value instanceof Undefined) throw runtimeError(value.reason);
  if (!isNumber(value)) throw runtimeError(`bad operand type for unary ${sign}: '${typeName(value)}'`);
  if (typeof value === 'number') return sign === '-' ? -value : value;
  return sign === '-' ? -BigInt(value) : BigInt(value);
}

const isCount = (value: Value) => typeof value === 'bigint' || typeof value === 'boolean';

function add(left: Value, right: Value, runtime: Runtime): Value {
  const [a, b] = [asText(left), asText(right)];
  if (a !== null && b !== null) {
    runtime.budget.fits(a.length + b.length);
    if (!(left instanceof Markup || right instanceof Markup)) return a + b;
    return new Markup(
      (left instanceof Markup ? a : escapeHtml(a)) + (right instanceof Markup ? b : escapeHtml(b)),
    );
  }
  if (a !== null) throw runtimeError(`can only concatenate str (not "${typeName(right)}") to str`);
  const concatenate = (x: Value[], y: Value[]) => {
    runtime.budget.makeList(x.length + y.length);
    return [...x, ...y];
  };
  if (Array.isArray(left) && Array.isArray(right)) return concatenate(left, right);
  if (left instanceof Tuple && right instanceof Tuple) return new Tuple(concatenate(left.items, right.items));
  if (Array.isArray(left) || left instanceof Tuple)
    throw runtimeError(
      `can only concatenate ${typeName(left)} (not "${typeName(right)}") to ${typeName(left)}`,
    );
  return unsupported('+', left, right);
}

function repeat(value: Value, times: number, runtime: Runtime): Value {
  const count = Math.max(0, times);
  const text = asText(value);
  if (text !== null) {
    runtime.budget.make(text.length * count);
    return value instanceof Markup ? new Markup(text.repeat(count)) : text.repeat(count);
  }
  const items = Array.isArray(value) ? value : value instanceof Tuple ? value.items : null;
  if (items === null) return unsupported('*', value, BigInt(times));
  runtime.budget.makeList(items.length * count);
  const repeated = Array.from({ length: items.length * count }, (_, i) => items[i % items.length]);
  return Array.isArray(value) ? repeated : new Tuple(repeated);
}

function unsupported(operator: string, left: Value, right: Value): never {
  const name = operator === '**' ? '** or pow()' : operator;
  throw runtimeError(`unsupported operand type(s) for ${name}: '${typeName(left)}' and '${typeName(right)}'`);
}

type PythonNumber = bigint | number | boolean;

function arithmetic(
  operator: BinaryOperator,
  left: PythonNumber,
  right: PythonNumber,
  runtime: Runtime,
): Value {
  if (typeof left === 'number' || typeof right === 'number')
    return floats(operator, Number(left), Number(right));
  const [a, b] = [BigInt(left), BigInt(right)];
  // Up to 20,000 bits, an operation takes as long as reading some thousand characters.
  if (magnitude(a) > HUGE || magnitude(b) > HUGE || operator === '**') runtime.budget.use(MAX_BITS / 4);
  return integers(operator, a, b);
}

function integers(operator: BinaryOperator, a: bigint, b: bigint): Value {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      if (magnitude(a) > HUGE || magnitude(b) > HUGE) checkBits(bits(a) + bits(b));
      return a * b;
    case '/':
      if (b === 0n) throw runtimeError('division by zero');
      return Number(a) / Number(b);
    case '//':
      if (b === 0n) throw runtimeError('integer division or modulo by zero');
      return (a - modulo(a, b)) / b;
    case '%':
      if (b === 0n) throw runtimeError('integer modulo by zero');
      return modulo(a, b);
    case '**':
      if (b < 0n) return power(Number(a), Number(b));
      if (magnitude(a) > 1n) checkBits(bits(a) * Number(b));
      return a ** b;
  }
}

function floats(operator: BinaryOperator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      if (b === 0) throw runtimeError('float division by zero');
      return a / b;
    case '//': {
      if (b === 0) throw runtimeError('float floor division by zero');
      const quotient = (a - floatModulo(a, b)) / b;
      return Math.floor(quotient) + (quotient - Math.floor(quotient) > 0.5 ? 1 : 0);
    }
    case '%':
      if (b === 0) throw runtimeError('float modulo by zero');
      return floatModulo(a, b);
    case '**':
      return power(a, b);
  }
}

function power(a: number, b: number): number {
  if (a === 0 && b < 0) throw runtimeError('0.0 cannot be raised to a negative power');
  if (a < 0 && !Number.isInteger(b) && Number.isFinite(b))
    throw new TemplateError('unsupported', 'a power that is a complex number is not supported');
  return a ** b;
}

/** Python's remainder has the sign of the divisor. */
function modulo(a: bigint, b: bigint): bigint {
  const rest = a % b;
  return rest !== 0n && rest < 0n !== b < 0n ? rest + b : rest;
}

function floatModulo(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

const magnitude = (value: bigint) => (value < 0n ? -value : value);
const bits = (value: bigint) => magnitude(value).toString(16).length * 4;

function checkBits(count: number): void {
  if (count > MAX_BITS) throw new TemplateError('limit', `an integer exceeds the limit of ${MAX_BITS} bits`);
}
