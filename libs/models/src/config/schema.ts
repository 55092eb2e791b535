import { z } from 'zod';
import { ModelFileError } from '../weights/model-file-error';
import type { HiddenActivation } from './model-config';

/** Building blocks shared by the schemas of config.json, with Hugging Face's field names. */
export const count = z.int().positive();
export const positive = z.number().positive();
export const optionalCount = count.nullish().transform((value) => value ?? null);

/** A token id; old LLaMA conversions write −1 for "none". */
export const tokenId = z
  .int()
  .nullable()
  .transform((id) => (id !== null && id < 0 ? null : id));

/** One id, a list (LLaMA 3, Qwen) or none. */
export const tokenIds = z
  .union([z.int(), z.array(z.int()), z.null()])
  .transform((ids) => (ids === null ? [] : Array.isArray(ids) ? ids : [ids]).filter((id) => id >= 0));

const ACTIVATIONS: Record<string, HiddenActivation> = {
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu',
  gelu_new: 'gelu_new',
  gelu_fast: 'gelu_new',
  gelu_pytorch_tanh: 'gelu_new',
  relu: 'relu',
};

export const activation = z.string().transform((name, context): HiddenActivation => {
  if (Object.hasOwn(ACTIVATIONS, name)) return ACTIVATIONS[name];
  context.addIssue({
    code: 'custom',
    message: `activation "${name}" is not supported; supported: ${Object.keys(ACTIVATIONS).join(', ')}`,
  });
  return z.NEVER;
});

/** A field with a single supported value; `why` explains the other values in the message. */
export function only<T extends string | number | boolean>(value: T, why: string) {
  return z
    .unknown()
    .optional()
    .refine((found) => found === undefined || found === null || found === value, {
      message: `only ${JSON.stringify(value)} is supported (${why})`,
    });
}

/** Parses with a schema. One error names every invalid field. */
export function parseFields<S extends z.ZodType>(schema: S, json: unknown, where: string): z.output<S> {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const field = issue.path.length > 0 ? `field "${issue.path.join('.')}": ` : '';
    return `${field}${issue.message}${foundAt(json, issue.path)}`;
  });
  throw new ModelFileError(where, problems.join('; '));
}

function foundAt(json: unknown, path: readonly PropertyKey[]): string {
  let value: unknown = json;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  if (value === undefined) return ' (the field is missing)';
  const text = JSON.stringify(value);
  return text.length > 60 ? '' : ` (found ${text})`;
}
