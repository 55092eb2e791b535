import { z } from 'zod';

const tool = z.strictObject({
  type: z.literal('function', 'this server runs no tools itself; describe functions of your program'),
  name: z.string(),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
});

/** OpenAI's fields for functions, as responses have them. */
export const toolFields = {
  tools: z.array(tool).default([]),
  tool_choice: z
    .union(
      [
        z.enum(['none', 'auto', 'required']),
        z.strictObject({ type: z.literal('function'), name: z.string() }),
      ],
      { error: 'expected "none", "auto", "required", or a function of tools' },
    )
    .default('auto'),
  parallel_tool_calls: z.boolean().default(true),
};

/** The fields as chat completions have them. */
export function chatTools({ tools, tool_choice, ...rest }: z.output<z.ZodObject<typeof toolFields>>): object {
  return {
    tools: tools.map(({ type, name, description, parameters }) => ({
      type,
      function: { name, description: description ?? undefined, parameters: parameters ?? undefined },
    })),
    tool_choice:
      typeof tool_choice === 'string'
        ? tool_choice
        : { type: 'function', function: { name: tool_choice.name } },
    parallel_tool_calls: rest.parallel_tool_calls,
  };
}
