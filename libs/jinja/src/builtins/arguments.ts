import { runtimeError } from '../errors';
import { asText, integer, truthy, typeName } from '../values/types';
import { Undefined, type Value } from '../values/value';

/** A string argument. */
export function text(value: Value | undefined, what: string): string {
  const found = value === undefined ? null : asText(value);
  if (value instanceof Undefined) throw runtimeError(value.reason);
  if (found === null) throw runtimeError(`${what} must be str, not ${typeName(value ?? null)}`);
  return found;
}

/** A string argument, or null when it is left out or None. */
export const optionalText = (value: Value | undefined, what: string): string | null =>
  value === undefined || value === null ? null : text(value, what);

/** An integer argument with a default. */
export const optionalInteger = <T>(value: Value | undefined, otherwise: T): number | T =>
  value === undefined || value === null ? otherwise : integer(value);

/** A boolean argument with a default. */
export const flag = (value: Value | undefined, otherwise: boolean): boolean =>
  value === undefined ? otherwise : truthy(value);
