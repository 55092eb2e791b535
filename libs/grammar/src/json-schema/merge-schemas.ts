import { GrammarError } from '../grammar-error';
import type { Schema } from './schema';

/** Fields that say nothing about values. */
const ANNOTATIONS = new Set([
  '$schema',
  '$id',
  '$anchor',
  '$comment',
  '$defs',
  'definitions',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'strict',
  'discriminator',
]);

type Merge = (a: never, b: never, name: string) => unknown;

const intersection = (a: readonly unknown[], b: readonly unknown[]) => {
  const others = new Set(b.map((value) => JSON.stringify(value)));
  return a.filter((value) => others.has(JSON.stringify(value)));
};
const larger = (a: number, b: number) => Math.max(a, b);
const smaller = (a: number, b: number) => Math.min(a, b);

const MERGES: Readonly<Record<string, Merge>> = {
  type: (a: string | string[], b: string | string[]) => commonTypes([a].flat(), [b].flat()),
  enum: intersection,
  required: (a: string[], b: string[]) => [...new Set([...a, ...b])],
  properties: mergeProperties,
  minimum: larger,
  exclusiveMinimum: larger,
  minLength: larger,
  minItems: larger,
  maximum: smaller,
  exclusiveMaximum: smaller,
  maxLength: smaller,
  maxItems: smaller,
  items: (a: Schema, b: Schema) => ({ allOf: [a, b] }),
};

/** The schema of the values that fit both. @throws GrammarError for fields that cannot be combined */
export function mergeSchemas(a: Schema, b: Schema): Schema {
  const result: Record<string, unknown> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    if (!Object.hasOwn(a, name) || ANNOTATIONS.has(name)) result[name] = value;
    else if (JSON.stringify(a[name]) === JSON.stringify(value)) continue;
    else if (Object.hasOwn(MERGES, name)) result[name] = MERGES[name](a[name] as never, value as never, name);
    else
      throw new GrammarError(`"${name}" of two schemas that both apply cannot be combined; write one schema`);
  }
  refuseClosed(a, b);
  return result;
}

/** `additionalProperties` refers to the properties of the schema that it is in, not to those of the other. */
function refuseClosed(a: Schema, b: Schema): void {
  for (const [closed, other] of [
    [a, b],
    [b, a],
  ]) {
    if (closed['additionalProperties'] === undefined || closed['additionalProperties'] === true) continue;
    const known = Object.keys(closed['properties'] ?? {});
    const foreign = Object.keys(other['properties'] ?? {}).find((name) => !known.includes(name));
    if (foreign !== undefined)
      throw new GrammarError(
        `a schema with "additionalProperties" is combined with another that has the property "${foreign}"; write one schema`,
      );
  }
}

function mergeProperties(a: Record<string, Schema>, b: Record<string, Schema>): Record<string, Schema> {
  const merged = Object.entries(b).map(([name, schema]): [string, Schema] => [
    name,
    Object.hasOwn(a, name) ? { allOf: [a[name], schema] } : schema,
  ]);
  return Object.fromEntries([...Object.entries(a), ...merged]);
}

function commonTypes(a: readonly string[], b: readonly string[]): string[] {
  const has = (types: readonly string[], type: string) =>
    types.includes(type) || (type === 'integer' && types.includes('number'));
  return [...new Set([...a, ...b])].filter((type) => has(a, type) && has(b, type));
}
