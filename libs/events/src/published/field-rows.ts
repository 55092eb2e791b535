import { isDeepStrictEqual } from 'node:util';
import { dataref } from '../contracts/dataref';
import { type JsonSchema, toJsonSchema } from './json-schema';

/** A field of an event, as the documentation shows it. */
export interface FieldRow {
  /** As `inputs.datasets[].role`. */
  path: string;
  type: string;
  required: boolean;
  description: string;
}

const SHOWN_PATTERN = 40;

/** Bounds in mathematical notation, without those of a safe integer. */
function bounds(schema: JsonSchema): string[] {
  const number = (keyword: string) => {
    const value = schema[keyword];
    return typeof value === 'number' && Math.abs(value) !== Number.MAX_SAFE_INTEGER ? value : undefined;
  };
  const lines: [number | undefined, (bound: number) => string][] = [
    [number('minimum'), (bound) => `≥ ${bound}`],
    [number('exclusiveMinimum'), (bound) => `> ${bound}`],
    [number('maximum'), (bound) => `≤ ${bound}`],
    [number('minLength'), (bound) => `at least ${bound} characters`],
    [number('maxLength'), (bound) => `at most ${bound} characters`],
    [number('minItems'), (bound) => `at least ${bound}`],
    [number('maxItems'), (bound) => `at most ${bound}`],
  ];
  return lines.flatMap(([bound, write]) => (bound === undefined ? [] : [write(bound)]));
}

function typeName(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(' ');
  if (schema.anyOf) return schema.anyOf.map(typeName).join(' or ');
  const pattern =
    typeof schema.pattern === 'string' && schema.pattern.length <= SHOWN_PATTERN ? schema.pattern : null;
  const details = pattern === null ? bounds(schema) : [`\`${pattern}\``];
  if (schema.type === 'array') {
    const items = schema.items ?? {};
    return [`list of ${items.type === 'object' ? 'objects' : typeName(items)}`, ...details].join(', ');
  }
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object') {
    const values = schema.additionalProperties;
    return Object.keys(values).length === 0 ? 'any JSON object' : `object of ${typeName(values)}`;
  }
  return [[schema.type ?? 'any'].flat().join(' or '), ...details].join(', ');
}

const datarefFields = toJsonSchema(dataref).properties;
const isDataref = ({ properties }: JsonSchema) => isDeepStrictEqual(properties, datarefFields);

/** Every field of an object schema except those of data references; nested fields follow their parent. */
export function fieldRows(schema: JsonSchema, prefix = ''): FieldRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const row: FieldRow = {
      path,
      type: isDataref(field) ? 'data reference' : typeName(field),
      required: schema.required?.includes(name) ?? false,
      description: field.description ?? '',
    };
    if (isDataref(field)) return [row];
    const nested =
      field.type === 'array' ? fieldRows(field.items ?? {}, `${path}[].`) : fieldRows(field, `${path}.`);
    return [row, ...nested];
  });
}
