import { z } from 'zod';
import { contractOf, type EventType } from '../registry';

/** The keywords of JSON Schema (2020-12) that the contracts use. */
export interface JsonSchema {
  type?: string | string[];
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  propertyNames?: JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  [keyword: string]: unknown;
}

/**
 * The JSON Schema of an event's data, for other systems. It allows unknown fields, unlike our senders: a reader must accept
 * a field that a later version adds. Rules that span several fields are in the descriptions only.
 */
export function jsonSchemaOf(type: EventType): JsonSchema {
  return toJsonSchema(contractOf(type).data);
}

export function toJsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema, ...generated } = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  // A copy as plain JSON: zod attaches properties that are not enumerable.
  return JSON.parse(JSON.stringify(generated)) as JsonSchema;
}
