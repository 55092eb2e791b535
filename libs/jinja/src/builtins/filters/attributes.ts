import type { Runtime } from '../../runtime';
import { Undefined, type Value } from '../../values/value';

/** Reads `attribute` ("a.b.0") of values, as the filters do. Parts that are numbers are indices. */
export function attributeGetter(
  attribute: Value | undefined,
  runtime: Runtime,
  otherwise?: Value,
): (value: Value) => Value {
  const parts = attributeParts(attribute);
  return (value) =>
    parts.reduce((item, part) => {
      const found = runtime.item(item, part);
      return found instanceof Undefined && otherwise !== undefined && otherwise !== null ? otherwise : found;
    }, value);
}

function attributeParts(attribute: Value | undefined): Value[] {
  if (attribute === undefined || attribute === null) return [];
  if (typeof attribute !== 'string') return [attribute];
  return attribute.split('.').map((part) => (/^\d+$/.test(part) ? BigInt(part) : part));
}

/** What case-insensitive filters compare. */
export function withoutCase(value: Value, { budget }: Runtime): Value {
  if (typeof value !== 'string') return value;
  budget.make(value.length);
  return value.toLowerCase();
}
