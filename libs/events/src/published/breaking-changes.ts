import { isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from './json-schema';

const least = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
const most = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];
const opaque = ['pattern', 'format'];
const annotations = ['title', 'description', 'examples', 'default'];
const structure = [
  'type',
  'properties',
  'required',
  'additionalProperties',
  'propertyNames',
  'items',
  'anyOf',
];
const values = ['enum', 'const'];
const understood = new Set([...least, ...most, ...opaque, ...annotations, ...structure, ...values]);

const show = (value: unknown) => JSON.stringify(value);

/** The values of `enum` or `const`; undefined where the schema has neither. */
const listed = ({ enum: several, const: one }: JsonSchema) =>
  several ?? (one === undefined ? undefined : [one]);

const schemaOf = (value: JsonSchema | boolean | undefined): JsonSchema =>
  typeof value === 'object' ? value : {};

/**
 * Breaking changes of a schema, as sentences that name the field. Further optional fields, enum values and wider bounds are
 * compatible: readers of the new version accept old events, and readers of the old version find the fields that they rely
 * on. A change of a keyword that this function does not know counts as breaking.
 */
export function breakingChanges(before: JsonSchema, after: JsonSchema, path = 'data'): string[] {
  if (!isDeepStrictEqual(before.type, after.type)) {
    return [`${path}: the type changed from ${show(before.type)} to ${show(after.type)}`];
  }
  return [
    ...narrowedBounds(before, after, path),
    ...narrowedValues(before, after, path),
    ...changedFields(before, after, path),
    ...changedParts(before, after, path),
    ...notUnderstood(before, after, path),
  ];
}

function narrowedBounds(before: JsonSchema, after: JsonSchema, path: string): string[] {
  const narrowed = (keywords: string[], isNarrower: (old: number, now: number) => boolean) =>
    keywords
      .filter((keyword) => {
        const [old, now] = [before[keyword], after[keyword]] as (number | undefined)[];
        return now !== undefined && (old === undefined || isNarrower(old, now));
      })
      .map(
        (keyword) =>
          `${path}: ${keyword} was narrowed from ${show(before[keyword])} to ${show(after[keyword])}`,
      );
  return [...narrowed(least, (old, now) => now > old), ...narrowed(most, (old, now) => now < old)];
}

function narrowedValues(before: JsonSchema, after: JsonSchema, path: string): string[] {
  const [old, now] = [listed(before), listed(after)];
  if (now === undefined) return [];
  if (old === undefined) return [`${path}: was narrowed to the values ${show(now)}`];
  return old
    .filter((value) => !now.includes(value))
    .map((value) => `${path}: the value ${show(value)} was removed`);
}

function changedFields(before: JsonSchema, after: JsonSchema, path: string): string[] {
  const [old, now] = [before.properties ?? {}, after.properties ?? {}];
  const was = new Set(before.required);
  const is = new Set(after.required);
  const fields = Object.keys(old).flatMap((name) => {
    const at = `${path}.${name}`;
    if (!Object.hasOwn(now, name)) return [`${at}: the field was removed`];
    if (was.has(name) && !is.has(name)) return [`${at}: the field is no longer required; readers rely on it`];
    if (!was.has(name) && is.has(name)) return [`${at}: the field became required; earlier events lack it`];
    return breakingChanges(old[name], now[name], at);
  });
  const added = Object.keys(now).filter((name) => !Object.hasOwn(old, name) && is.has(name));
  return [...fields, ...added.map((name) => `${path}.${name}: a required field was added; make it optional`)];
}

function changedParts(before: JsonSchema, after: JsonSchema, path: string): string[] {
  const [old, now] = [before.anyOf ?? [], after.anyOf ?? []];
  const alternatives =
    old.length === now.length
      ? old.flatMap((one, i) => breakingChanges(one, now[i], `${path}(${i})`))
      : [`${path}: the number of alternatives changed from ${old.length} to ${now.length}`];
  return [
    ...alternatives,
    ...breakingParts(before.items, after.items, `${path}[]`),
    ...breakingParts(before.additionalProperties, after.additionalProperties, `${path}.*`),
    ...breakingParts(before.propertyNames, after.propertyNames, `${path} (names)`),
  ];
}

function breakingParts(
  before: JsonSchema['additionalProperties'],
  after: typeof before,
  path: string,
): string[] {
  if (after === false && before !== false) return [`${path}: is no longer allowed`];
  if (before === undefined && after === undefined) return [];
  return breakingChanges(schemaOf(before), schemaOf(after), path);
}

function notUnderstood(before: JsonSchema, after: JsonSchema, path: string): string[] {
  const patterns = opaque.filter((keyword) => after[keyword] !== undefined);
  const unknown = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => !understood.has(key),
  );
  return [...patterns, ...unknown]
    .filter((keyword) => !isDeepStrictEqual(before[keyword], after[keyword]))
    .map((keyword) => `${path}: ${keyword} changed from ${show(before[keyword])} to ${show(after[keyword])}`);
}
