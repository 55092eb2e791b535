import { z } from 'zod';
import type { OutputStructure } from '../generation/output-structure';
import { invalidRequest } from './openai-error';

/** Characters of a schema, a pattern or a grammar. */
const LONGEST = 65_536;
const tooLong = `is longer than ${LONGEST} characters; make it smaller`;

const schema = z
  .union([z.boolean(), z.record(z.string(), z.unknown())], { error: 'expected a JSON schema' })
  .refine((value) => JSON.stringify(value).length <= LONGEST, tooLong);
/** vLLM takes a schema as text too. */
const schemaOrText = z.preprocess((value, context) => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    context.addIssue({ code: 'custom', message: 'expected a JSON schema; the text is not JSON' });
    return z.NEVER;
  }
}, schema);
const source = z.string().min(1).max(LONGEST, tooLong);
const choices = z
  .array(z.string().min(1))
  .min(1)
  .refine((values) => values.join('').length <= LONGEST, tooLong);

/** Fields that give the answer a structure, by the names of OpenAI and of vLLM. */
export const structureFields = {
  response_format: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('text') }),
      z.strictObject({ type: z.literal('json_object') }),
      z.strictObject({
        type: z.literal('json_schema'),
        json_schema: z.strictObject({
          name: z.string().optional(),
          description: z.string().nullish(),
          schema: schema.optional(),
          strict: z.boolean().nullish(),
        }),
      }),
    ])
    .optional(),
  guided_json: schemaOrText.optional(),
  guided_regex: source.optional(),
  guided_grammar: source.optional(),
  guided_choice: choices.optional(),
  structured_outputs: z
    .strictObject({
      json: schemaOrText.optional(),
      regex: source.optional(),
      grammar: source.optional(),
      choice: choices.optional(),
      json_object: z.literal(true).optional(),
    })
    .optional(),
};

export type StructureRequest = z.output<z.ZodObject<typeof structureFields>>;

/** A structure and the field that asks for it. */
export interface RequestedStructure {
  structure: OutputStructure;
  field: string;
}

const anyObject: OutputStructure = { kind: 'json', schema: { type: 'object' } };

/** @throws OpenAiError when two fields ask for a structure */
export function requestedStructure(request: StructureRequest): RequestedStructure | null {
  const { response_format: format, structured_outputs: outputs = {} } = request;
  const structures = [
    named('response_format', format?.type === 'json_object' ? anyObject : null),
    named(
      'response_format',
      format?.type === 'json_schema' ? { kind: 'json', schema: format.json_schema.schema ?? true } : null,
    ),
    ...fromValues(
      'guided_',
      request.guided_json,
      request.guided_regex,
      request.guided_grammar,
      request.guided_choice,
    ),
    ...fromValues('structured_outputs.', outputs.json, outputs.regex, outputs.grammar, outputs.choice),
    named('structured_outputs.json_object', outputs.json_object ? anyObject : null),
  ].filter((structure) => structure !== null);
  if (structures.length > 1) {
    const [first, second] = structures.map(({ field }) => field);
    throw invalidRequest(`${first} and ${second} both give the answer a structure; send one of them`, second);
  }
  return structures[0] ?? null;
}

function fromValues(
  prefix: string,
  json: unknown,
  pattern: string | undefined,
  grammar: string | undefined,
  values: string[] | undefined,
): (RequestedStructure | null)[] {
  return [
    named(`${prefix}json`, json === undefined ? null : { kind: 'json', schema: json }),
    named(`${prefix}regex`, pattern === undefined ? null : { kind: 'regex', pattern }),
    named(`${prefix}grammar`, grammar === undefined ? null : { kind: 'grammar', source: grammar }),
    named(`${prefix}choice`, values === undefined ? null : { kind: 'choice', choices: values }),
  ];
}

function named(field: string, structure: OutputStructure | null): RequestedStructure | null {
  return structure && { field, structure };
}
