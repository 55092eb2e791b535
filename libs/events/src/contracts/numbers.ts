import { z } from 'zod';

interface NumbersRule {
  /** Bounds of the length of the list. */
  min?: number;
  max: number;
  accepts: (value: number) => boolean;
  /** What `accepts` accepts, for messages and as JSON Schema. */
  expected: string;
  items: Record<string, unknown>;
}

/**
 * A list of numbers, validated in one loop: `z.array(z.number())` allocates objects for each number, and messages carry tens
 * of thousands.
 */
export function numbers({ min, max, accepts, expected, items }: NumbersRule): z.ZodType<number[], number[]> {
  return z
    .unknown()
    .superRefine((list, context) => {
      const refuse = (message: string, ...path: number[]) =>
        context.addIssue({ code: 'custom', path, message, input: list });
      if (!Array.isArray(list)) return refuse(`expected an array of numbers; found ${typeof list}`);
      if (list.length < (min ?? 0) || list.length > max)
        return refuse(`expected an array of ${min ?? 0} to ${max} numbers; found ${list.length}`);
      for (let i = 0; i < list.length; i++)
        if (typeof list[i] !== 'number' || !accepts(list[i]))
          return refuse(
            `expected ${expected}; found ${typeof list[i] === 'number' ? list[i] : typeof list[i]}`,
            i,
          );
    })
    .meta({ ...(min !== undefined && { minItems: min }), maxItems: max, type: 'array', items }) as z.ZodType<
    // The refinement has checked that it is a list of numbers.
    number[],
    number[]
  >;
}
