/** An object schema of JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>;

/** Fields that restrict values and are not supported: to leave them out would make answers that do not fit. */
const REFUSED = [
  'not',
  'if',
  'then',
  'else',
  'contains',
  'minContains',
  'maxContains',
  'patternProperties',
  'propertyNames',
  'dependentRequired',
  'dependentSchemas',
  'dependencies',
  'minProperties',
  'maxProperties',
  'multipleOf',
  'additionalItems',
  '$dynamicRef',
  '$recursiveRef',
] as const;

/** The first field of a schema that is not supported, where it restricts values. */
export function refusedField(schema: Schema): string | null {
  if (schema['uniqueItems'] === true) return 'uniqueItems';
  const refused = REFUSED.find((name) => schema[name] !== undefined && !isNeutral(name, schema[name]));
  return refused ?? null;
}

function isNeutral(name: string, value: unknown): boolean {
  return (
    (name === 'minProperties' && value === 0) ||
    (name === 'patternProperties' && JSON.stringify(value) === '{}')
  );
}
