import { z } from 'zod';

const tool = z.strictObject({
  type: z.literal('custom', 'this server runs no tools itself; describe those of your program').nullish(),
  name: z.string(),
  description: z.string().optional(),
  input_schema: z.record(z.string(), z.unknown()),
  // Hints that change no answer.
  cache_control: z.unknown().optional(),
});
const parallel = { disable_parallel_tool_use: z.boolean().default(false) };

/** Anthropic's fields for tools of the client. */
export const toolFields = {
  tools: z.array(tool).default([]),
  tool_choice: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('auto'), ...parallel }),
      z.strictObject({ type: z.literal('any'), ...parallel }),
      z.strictObject({ type: z.literal('tool'), name: z.string(), ...parallel }),
      z.strictObject({ type: z.literal('none') }),
    ])
    .optional(),
};

/** The fields as chat completions have them. */
export function chatTools({ tools, tool_choice: choice }: z.output<z.ZodObject<typeof toolFields>>): object {
  return {
    tools: tools.map(({ name, description, input_schema: parameters }) => ({
      type: 'function',
      function: { name, description, parameters },
    })),
    tool_choice: choice && chatChoice(choice),
    parallel_tool_calls: !(
      choice &&
      'disable_parallel_tool_use' in choice &&
      choice.disable_parallel_tool_use
    ),
  };
}

function chatChoice(choice: NonNullable<z.output<(typeof toolFields)['tool_choice']>>): unknown {
  if (choice.type === 'tool') return { type: 'function', function: { name: choice.name } };
  return choice.type === 'any' ? 'required' : choice.type;
}
