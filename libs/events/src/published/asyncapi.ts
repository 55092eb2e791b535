import { contractOf, type EventType, eventTypes, TOPICS, type Topic } from '../registry';
import type { GoldenEvent } from './golden';
import { type JsonSchema, jsonSchemaOf } from './json-schema';

const KAFKA_BINDING = '0.5.0';

/** `openchatgpt.run.fact.v1` → `run.fact`: names of channels in the document. */
const channelName = ({ name }: Topic) => name.split('.').slice(1, -1).join('.');

const ref = (...path: string[]) => ({ $ref: `#/${path.join('/')}` });

const byName = <T>(names: readonly EventType[], of: (type: EventType) => T): Record<string, T> =>
  Object.fromEntries(names.map((type) => [type, of(type)]));

/** Headers of every event. */
const cloudEventHeaders: JsonSchema = {
  type: 'object',
  required: ['content-type', 'ce_specversion', 'ce_type', 'ce_id', 'ce_source', 'ce_time'],
  properties: {
    'content-type': { const: 'application/json' },
    ce_specversion: { const: '1.0' },
    ce_id: {
      type: 'string',
      maxLength: 256,
      description: 'unique within ce_source; a second event with both is a duplicate',
    },
    ce_source: { type: 'string', format: 'uri-reference', maxLength: 256, description: 'the sender' },
    ce_time: { type: 'string', format: 'date-time' },
    ce_subject: { type: 'string', description: 'the subject: the run, the dataset, the model' },
    ce_partitionkey: { type: 'string', description: 'the Kafka key' },
    ce_runid: { type: 'string', description: 'correlates the events of a run' },
    ce_traceparent: { type: 'string', description: 'W3C Trace Context' },
    ce_tracestate: { type: 'string', description: 'W3C Trace Context' },
  },
};

function message(type: EventType, golden: GoldenEvent) {
  const { cloudEventType, description, dataschema, keyFields } = contractOf(type);
  return {
    name: cloudEventType,
    title: type,
    summary: description,
    contentType: 'application/json',
    headers: {
      allOf: [
        ref('components', 'schemas', 'cloudEventHeaders'),
        {
          type: 'object',
          properties: { ce_type: { const: cloudEventType }, ce_dataschema: { const: dataschema } },
        },
      ],
    },
    payload: ref('components', 'schemas', type),
    bindings: {
      kafka: {
        key: { type: 'string', description: keyFields.map((field) => `{${field}}`).join('/') },
        bindingVersion: KAFKA_BINDING,
      },
    },
    examples: [{ name: 'golden', payload: golden.data }],
  };
}

function channel(topic: Topic) {
  return {
    address: topic.name,
    description: `${topic.kind}s: ${topic.types.join(', ')}`,
    messages: byName(topic.types, (type) => ref('components', 'messages', type)),
    bindings: {
      kafka: {
        topic: topic.name,
        bindingVersion: KAFKA_BINDING,
      },
    },
  };
}

/** The platform receives commands and sends facts. */
function operation(topic: Topic) {
  const name = channelName(topic);
  return {
    action: topic.kind === 'command' ? 'receive' : 'send',
    channel: ref('channels', name),
    messages: topic.types.map((type) => ref('channels', name, 'messages', type)),
  };
}

/** The AsyncAPI 3.0 document of all topics and events. */
export function asyncApiDocument(golden: Readonly<Record<string, GoldenEvent>>) {
  const forTopics = <T>(of: (topic: Topic) => T): Record<string, T> =>
    Object.fromEntries(TOPICS.map((topic) => [channelName(topic), of(topic)]));
  return {
    asyncapi: '3.0.0',
    id: 'urn:openchatgpt:events',
    info: {
      title: 'Open-ChatGPT events',
      version: '1.0.0',
      description:
        'CloudEvents 1.0 over Kafka in binary content mode. Delivered at least once: ignore a second event with the same ' +
        'source and id. Ignore unknown fields: later versions add optional ones.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels: forTopics(channel),
    operations: forTopics(operation),
    components: {
      messages: byName(eventTypes, (type) => message(type, golden[type])),
      schemas: { cloudEventHeaders, ...byName(eventTypes, jsonSchemaOf) },
    },
  };
}
