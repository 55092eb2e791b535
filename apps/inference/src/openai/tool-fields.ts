import { z } from 'zod';
import { invalidRequest } from './openai-error';

const tool = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'expected up to 64 letters, digits, "_" and "-"'),
    description: z.string().optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
    strict: z.boolean().nullish(),
  }),
});
const named = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({ name: z.string() }),
});

/** OpenAI's fields for functions that the model may call. */
export const toolFields = {
  tools: z
    .array(tool)
    .refine(
      (tools) => JSON.stringify(tools).length <= 65_536,
      'is longer than 65536 characters; make it smaller',
    )
    .optional(),
  tool_choice: z
    .union([z.enum(['none', 'auto', 'required']), named], {
      error: 'expected "none", "auto", "required", or a function of tools',
    })
    .optional(),
  parallel_tool_calls: z.boolean().default(true),
};

export type Tool = z.output<typeof tool>;
type ToolRequest = z.output<z.ZodObject<typeof toolFields>>;

/** The functions of a request, and whether the answer must call one. */
export interface ToolUse {
  tools: readonly Tool[];
  forced: boolean;
  /** Whether the answer may call several. */
  parallel: boolean;
}

/** @returns null where the answer cannot call functions @throws OpenAiError for a choice that tools does not have */
export function readToolUse({
  tools = [],
  tool_choice: choice,
  parallel_tool_calls: parallel,
}: ToolRequest): ToolUse | null {
  const names = tools.map((one) => one.function.name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw invalidRequest(`tools: two functions have the name "${twice}"`, 'tools');
  if (typeof choice === 'object') {
    const chosen = tools.filter((one) => one.function.name === choice.function.name);
    if (chosen.length === 0)
      throw invalidRequest(`tool_choice: tools has no function "${choice.function.name}"`, 'tool_choice');
    return { tools: chosen, forced: true, parallel: false };
  }
  if (choice === 'required' && tools.length === 0)
    throw invalidRequest('tool_choice: "required" needs tools', 'tool_choice');
  if (tools.length === 0 || choice === 'none') return null;
  return { tools, forced: choice === 'required', parallel };
}
