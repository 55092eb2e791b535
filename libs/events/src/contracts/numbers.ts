import { z } from 'zod';

interface NumbersRule {
  /** Items of the list, at least and at most. */
  min?: number;
  max: number;
  accepts: (value: number) => boolean;
  /** What is accepted, for messages and as JSON Schema. */
  expected: string;
  items: Record<string, unknown>;
}

/**
 * A list of numbers, checked in one loop: `z.array(z.number())` makes objects for each of them, and messages of samples carry
 * tens of thousands.
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
    // What was not refused is a list of numbers.
    number[],
    number[]
  >;
}
