import type { z } from 'zod';
import { invalidBecause } from '../invalid-event';

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
  const strict = schema.safeParse(raw);
  if (strict.success) return strict.data;
  for (const issue of strict.error.issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    const parent = issue.path.reduce(
      (value, name) => value[name as string] as never,
      raw as Record<string, never>,
    );
    for (const key of issue.keys) delete parent[key];
  }
  const known = schema.safeParse(raw);
  if (known.success) return known.data;
  throw invalidBecause(known.error.issues, root);
}
