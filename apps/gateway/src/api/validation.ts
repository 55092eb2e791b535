import { BadRequestException, type PipeTransform } from '@nestjs/common';
import { checkComplexity } from '@open-chatgpt/untrusted';
import type { z } from 'zod';

export interface FieldError {
  field: string;
  message: string;
}

/** A request that violates its schema: status 400 with each invalid field. */
export class InvalidRequest extends BadRequestException {
  constructor(readonly errors: FieldError[]) {
    super(errors.map(({ field, message }) => `${field}: ${message}`).join('; '));
  }
}

/**
 * Validates a part of the request: `@Body(validated(schema))`.
 * @param part the name in errors that belong to no field
 */
export function validated<Schema extends z.ZodType>(
  schema: Schema,
  part = 'body',
): PipeTransform<unknown, z.output<Schema>> {
  return {
    transform(value) {
      checkSize(value, part);
      const result = schema.safeParse(value);
      if (result.success) return result.data;
      throw new InvalidRequest(result.error.issues.flatMap((issue) => toFieldErrors(issue, part)));
    },
  };
}

/** Before the schema, which walks the value and copies it. */
function checkSize(value: unknown, part: string): void {
  try {
    checkComplexity(value, part);
  } catch (error) {
    throw new BadRequestException((error as Error).message);
  }
}

function toFieldErrors(issue: z.core.$ZodIssue, part: string): FieldError[] {
  const field = (path: readonly PropertyKey[]) => path.map(String).join('.') || part;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: field([...issue.path, key]),
      message: 'unknown field',
    }));
  }
  return [{ field: field(issue.path), message: issue.message }];
}
