import type { Schema } from './schema';

/** Whether no value fits both schemas, as far as types, constants and properties with constants show it. */
export function areDisjoint(a: Schema, b: Schema): boolean {
  const [values, others] = [constants(a), constants(b)];
  if (values && others) return !values.some((value) => others.includes(value));
  const [types, otherTypes] = [typesOf(a), typesOf(b)];
  if (types && otherTypes && !types.some((type) => otherTypes.includes(type))) return true;
  return commonRequired(a, b).some((name) => areDisjoint(property(a, name), property(b, name)));
}

/** The only values of a schema, as JSON. */
function constants({ const: constant, enum: values }: Schema): string[] | null {
  if (constant !== undefined) return [JSON.stringify(constant)];
  return Array.isArray(values) ? values.map((value) => JSON.stringify(value)) : null;
}

function typesOf(schema: Schema): string[] | null {
  const { type } = schema;
  const values = constants(schema);
  if (values) return values.map((value) => typeOfJson(JSON.parse(value)));
  if (type === undefined) return null;
  return [type as string | string[]].flat().map((name) => (name === 'integer' ? 'number' : name));
}

export function typeOfJson(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function commonRequired(a: Schema, b: Schema): string[] {
  if (a['type'] !== 'object' || b['type'] !== 'object') return [];
  const others = (b['required'] ?? []) as string[];
  return ((a['required'] ?? []) as string[]).filter((name) => others.includes(name));
}

function property(schema: Schema, name: string): Schema {
  const value = ((schema['properties'] ?? {}) as Record<string, unknown>)[name];
  return typeof value === 'object' && value !== null ? (value as Schema) : {};
}
