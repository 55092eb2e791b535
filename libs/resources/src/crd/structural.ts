import { merged } from './merge-variants';
import type { JsonSchema, Rule, StructuralSchema } from './schema-types';

/** Numbers that only say "any safe integer". */
const SAFE = Number.MAX_SAFE_INTEGER;

/**
 * The structural schema of Kubernetes for a JSON Schema (draft 2020-12) of zod. Kubernetes prunes fields that a structural
 * schema does not name, and kubectl refuses them, so `additionalProperties: false` is implied.
 *
 * - `null` as an alternative becomes `nullable`.
 * - The variants of a union of objects are merged into one object; rules in CEL say which fields belong to which variant.
 *
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 * @param path of the field, for error messages
 * @throws Error naming the field whose schema has no structural form
 */
export function structural(schema: JsonSchema, path: string): StructuralSchema {
  const alternatives = alternativesOf(schema);
  if (alternatives) return { ...described(schema), ...ofAlternatives(alternatives, path) };
  const common = { ...described(schema), ...kubernetesFields(schema) };
  switch (schema.type) {
    case 'object':
      return { ...common, ...objectFields(schema, path) };
    case 'array':
      return {
        ...common,
        type: 'array',
        ...pick(schema, ['minItems', 'maxItems']),
        items: structural(schema.items ?? {}, `${path}[]`),
      };
    case 'string':
    case 'boolean':
      return {
        ...common,
        type: schema.type,
        ...pick(schema, ['minLength', 'maxLength', 'pattern', 'format']),
        ...values(schema),
      };
    case 'integer':
    case 'number':
      return { ...common, ...numberFields(schema) };
    default:
      if (schema.const !== undefined)
        return structural({ ...schema, type: typeof schema.const as 'string' }, path);
      throw new Error(`${path}: ${JSON.stringify(schema).slice(0, 200)} has no structural schema`);
  }
}

/** The alternatives of a union, also where they differ only in their type. */
function alternativesOf({ anyOf, oneOf, type, ...rest }: JsonSchema): JsonSchema[] | undefined {
  if (Array.isArray(type)) return type.map((one) => ({ ...rest, default: undefined, type: one }));
  return anyOf ?? oneOf;
}

function ofAlternatives(alternatives: readonly JsonSchema[], path: string): StructuralSchema {
  const real = alternatives.filter(({ type }) => type !== 'null');
  const nullable = real.length < alternatives.length;
  const schemas = real.map((one) => structural(one, path));
  if (schemas.length === 1) return { ...schemas[0], ...(nullable && { nullable: true }) };
  return { ...merged(schemas, path), ...(nullable && { nullable: true }) };
}

function objectFields(schema: JsonSchema, path: string): StructuralSchema {
  const { properties, additionalProperties, required = [] } = schema;
  if (!properties || Object.keys(properties).length === 0) {
    if (typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0)
      return { type: 'object', additionalProperties: structural(additionalProperties, `${path}.*`) };
    return {
      type: 'object',
      ...(additionalProperties !== false && { 'x-kubernetes-preserve-unknown-fields': true }),
    };
  }
  const fields = Object.entries(properties).map(
    ([name, one]) => [name, structural(one, `${path}.${name}`)] as const,
  );
  // The API server fills a default in before it checks what is required.
  const needed = required.filter((name) => properties[name]?.default === undefined);
  return {
    type: 'object',
    properties: Object.fromEntries(fields),
    ...(needed.length > 0 && { required: needed }),
  };
}

function numberFields(schema: JsonSchema): StructuralSchema {
  const { exclusiveMinimum, exclusiveMaximum, minimum, maximum } = schema;
  return {
    type: schema.type as 'integer' | 'number',
    ...(schema.type === 'integer' && { format: 'int64' }),
    ...(minimum !== undefined && minimum !== -SAFE && { minimum }),
    ...(maximum !== undefined && maximum !== SAFE && { maximum }),
    // OpenAPI 3.0, like draft 4, has a flag beside the bound.
    ...(exclusiveMinimum !== undefined && { minimum: exclusiveMinimum, exclusiveMinimum: true }),
    ...(exclusiveMaximum !== undefined && { maximum: exclusiveMaximum, exclusiveMaximum: true }),
    ...values(schema),
  };
}

const values = ({ enum: allowed, const: only }: JsonSchema): StructuralSchema =>
  only !== undefined ? { enum: [only] } : allowed ? { enum: allowed } : {};

const described = ({ description, default: fallback }: JsonSchema): StructuralSchema => ({
  ...(description !== undefined && { description }),
  ...(fallback !== undefined && fallback !== null && { default: fallback }),
});

function kubernetesFields(schema: JsonSchema): StructuralSchema {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name.startsWith('x-kubernetes-')));
}

function pick(schema: JsonSchema, names: (keyof JsonSchema & keyof StructuralSchema)[]): StructuralSchema {
  return Object.fromEntries(
    names.filter((name) => schema[name] !== undefined).map((name) => [name, schema[name]]),
  );
}

/** Bounds of what a schema leaves open. The cost of a rule in CEL is estimated from the largest possible value. */
const LONGEST_TEXT = 1024;
const MOST_ITEMS = 64;

/** The schema with an upper bound for every string, list and map. */
export function bounded(schema: StructuralSchema): StructuralSchema {
  const { type, enum: values, properties, items, additionalProperties } = schema;
  return {
    ...schema,
    ...(type === 'string' && {
      maxLength:
        schema.maxLength ?? (values ? Math.max(...values.map((one) => String(one).length)) : LONGEST_TEXT),
    }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, bounded(one)])),
    }),
    ...(items && { items: bounded(items), maxItems: schema.maxItems ?? MOST_ITEMS }),
    ...(additionalProperties && {
      additionalProperties: bounded(additionalProperties),
      maxProperties: schema.maxProperties ?? MOST_ITEMS,
    }),
  };
}

/** The schema without the defaults of the fields below it. */
export function withoutInnerDefaults(schema: StructuralSchema): StructuralSchema {
  const bare = ({ default: _, ...one }: StructuralSchema) => withoutInnerDefaults(one);
  const { properties, items, additionalProperties } = schema;
  return {
    ...schema,
    ...(additionalProperties && { additionalProperties: bare(additionalProperties) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, bare(one)])),
    }),
    ...(items && { items: bare(items) }),
  };
}

/** The schema with the field of a path such as `spec.stages[].models` changed. @throws Error when there is no such field */
export function withField(
  schema: StructuralSchema,
  path: string,
  change: (field: StructuralSchema) => StructuralSchema,
): StructuralSchema {
  const [first, ...rest] = path === '' ? [] : path.split('.');
  if (first === undefined) return change(schema);
  const name = first.replace(/\[\]$/, '');
  const field = schema.properties?.[name];
  if (!field) throw new Error(`there is no field "${name}" on the way to "${path}"`);
  const inner = first.endsWith('[]')
    ? { ...field, items: withField(field.items!, rest.join('.'), change) }
    : withField(field, rest.join('.'), change);
  return { ...schema, properties: { ...schema.properties, [name]: inner } };
}

/** The schema with more rules in CEL at the field of a path. */
export function withRules(schema: StructuralSchema, path: string, rules: readonly Rule[]): StructuralSchema {
  return withField(schema, path, (field) => ({
    ...field,
    'x-kubernetes-validations': [...(field['x-kubernetes-validations'] ?? []), ...rules],
  }));
}
