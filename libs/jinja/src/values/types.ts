import { runtimeError } from '../errors';
import { Dict, DictView } from './dict';
import { Callable, Markup, Range, Tuple, Undefined, type Value } from './value';

/** Python's name of the type of a value. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case 'string':
      return 'str';
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float';
  }
  if (value === null) return 'NoneType';
  return Array.isArray(value) ? 'list' : value.typeName;
}

/** `bool(value)` */
export function truthy(value: Value): boolean {
  switch (typeof value) {
    case 'string':
      return value !== '';
    case 'boolean':
      return value;
    case 'bigint':
      return value !== 0n;
    case 'number':
      return value !== 0;
  }
  if (value === null || value instanceof Undefined) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Tuple) return value.items.length > 0;
  if (value instanceof Dict) return value.size > 0;
  if (value instanceof DictView) return value.dict.size > 0;
  if (value instanceof Range) return value.length > 0;
  if (value instanceof Markup) return value.text !== '';
  return true;
}

export const isNumber = (value: Value): value is bigint | number | boolean =>
  typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean';

export const asText = (value: Value): string | null =>
  typeof value === 'string' ? value : value instanceof Markup ? value.text : null;

export const isCallable = (value: Value): value is Callable => value instanceof Callable;

/** An argument that must be an integer. */
export function integer(value: Value): number {
  if (value instanceof Undefined) throw runtimeError(value.reason);
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  throw runtimeError(`'${typeName(value)}' object cannot be interpreted as an integer`);
}
