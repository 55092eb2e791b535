import type { z } from 'zod';
import { InvalidEvent, invalidBecause } from '../invalid-event';

/**
 * Validates received data. Unknown fields are removed, because a newer sender may add optional ones. Any other violation is an
 * error.
 * @param raw is modified: unknown fields are removed from it
 * @throws InvalidEvent that names the field
 */
export function readTolerantly<Schema extends z.ZodType>(
  schema: Schema,
  raw: unknown,
  root: string,
): z.output<Schema> {
  const strict = parse(schema, raw, root);
  if (strict.success) return strict.data;
  for (const issue of strict.error.issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    const parent = issue.path.reduce(
      (value, name) => value[name as string] as never,
      raw as Record<string, never>,
    );
    for (const key of issue.keys) delete parent[key];
  }
  const known = parse(schema, raw, root);
  if (known.success) return known.data;
  throw invalidBecause(known.error.issues, root);
}

/** A validator that throws has received what nobody thought of: the value is invalid too. @throws InvalidEvent that names the field */
function parse<Schema extends z.ZodType>(
  schema: Schema,
  raw: unknown,
  root: string,
): z.ZodSafeParseResult<z.output<Schema>> {
  try {
    return schema.safeParse(raw);
  } catch (error) {
    const { shape = {} } = schema as { shape?: Record<string, z.ZodType> };
    const field = Object.keys(shape).find((name) => throws(shape[name], (raw as typeof shape)[name]));
    const path = field === undefined ? root : `${root}.${field}`;
    throw new InvalidEvent(path, `cannot be validated: ${(error as Error).message}`);
  }
}

function throws(schema: z.ZodType, value: unknown): boolean {
  try {
    schema.safeParse(value);
    return false;
  } catch {
    return true;
  }
}
