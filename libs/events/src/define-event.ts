import type { z } from 'zod';

/** The kind of a message: a `fact` has happened, a `command` requests work. */
export type EventKind = 'fact' | 'command';

const topicKind: Record<EventKind, string> = { fact: 'fact', command: 'cmd' };

/** The major version of every contract. An incompatible change needs new topics, types and schemas beside the old ones. */
const CONTRACT_VERSION = 1;

/** The contract of one event or command. */
export interface EventContract<Type extends string, Schema extends z.ZodType> {
  /** `<domain>.<event>`, the name in code. */
  type: Type;
  kind: EventKind;
  description: string;
  data: Schema;
  /** Fields that make up the Kafka key: events of one key are consumed in the order in which they were sent. */
  keyFields: readonly (keyof z.output<Schema> & string)[];
  /** Their values, joined by "/". */
  key: (data: z.output<Schema>) => string;
  /** The `type` of the CloudEvent: `openchatgpt.<type>.v1`. */
  cloudEventType: string;
  /** `openchatgpt.<domain>.<fact|cmd>.v1`. */
  topic: string;
  /** The `dataschema` of the CloudEvent: names the JSON Schema of the data. */
  dataschema: string;
}

/** @param contract its type begins with the domain, which determines the topic */
export function defineEvent<const Type extends `${string}.${string}`, Schema extends z.ZodType>(
  contract: Pick<EventContract<Type, Schema>, 'type' | 'kind' | 'description' | 'data' | 'keyFields'>,
): EventContract<Type, Schema> {
  const { type, kind, keyFields } = contract;
  const domain = type.slice(0, type.indexOf('.'));
  return {
    ...contract,
    key: (data) => keyFields.map((field) => data[field]).join('/'),
    cloudEventType: `openchatgpt.${type}.v${CONTRACT_VERSION}`,
    topic: `openchatgpt.${domain}.${topicKind[kind]}.v${CONTRACT_VERSION}`,
    dataschema: `urn:openchatgpt:event:${type}:v${CONTRACT_VERSION}`,
  };
}
