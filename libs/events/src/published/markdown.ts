import { dataref } from '../contracts/dataref';
import { contractOf, type EventType, TOPICS } from '../registry';
import { fieldRows } from './field-rows';
import type { GoldenEvent } from './golden';
import { jsonSchemaOf, toJsonSchema } from './json-schema';

const introduction = `<!-- Generated from the schemas by libs/events/tools/publish.mjs; do not edit. -->

# Events

What the platform tells and takes, for other systems. Every message is a [CloudEvent 1.0](https://cloudevents.io) over
Kafka. [asyncapi.json](asyncapi.json) is the same as an AsyncAPI 3 document, with the JSON Schema of every event;
[follow_run.py](../examples/consumers/follow_run.py) is a consumer to start from, in Python.

## To read

- The data is the value, as JSON. The attributes are headers (binary content mode): \`ce_type\`, \`ce_id\`, \`ce_source\`,
  \`ce_time\`, \`ce_subject\`, \`ce_partitionkey\`, \`ce_dataschema\`, \`ce_traceparent\`; \`ce_runid\` where there is a run.
- Delivery is at least once: skip a second event of the same \`ce_source\` and \`ce_id\`.
- Order holds among events of one key on one topic, not between topics.
- Skip fields, headers and event types that you do not know: later versions add some.
- Large data come by reference, see below. Numbers that are 32-bit floats in training are written in full, so
  that they read back to the same bits.
- Topics of kind state are compacted: the last event of a key is what holds now.

## To send

- Binary content mode as above, or structured mode: content type \`application/cloudevents+json\`, the whole event as value.
  \`specversion\`, \`id\`, \`source\`, \`type\` and \`time\` are required.
- The Kafka key must be that of the event, made of the fields named below; a value has at most 1 000 000 bytes.
- What breaks its contract goes to the dead-letter topic, with the field and the reason.

## How contracts change

Only by optional fields, further values and wider bounds. The schemas of each release lie in \`libs/events/golden/v1/schemas\`,
one valid event of each type in \`libs/events/golden/v1\`; a change that breaks either fails the tests, with a message that
names the field. Anything else becomes a \`v2\` of type and topic beside the old one. After a change,
\`npx tsc -b libs/events && node libs/events/tools/publish.mjs\` writes this page anew.
`;

/** For a cell of a table: one line, pipes escaped. */
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const table = (head: string[], rows: string[][]) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

const anchor = (type: EventType) => `[\`${type}\`](#${type.replaceAll('.', '')})`;

const topicTable = () =>
  table(
    ['Topic', 'Kind', 'Events'],
    TOPICS.map(({ name, kind, types }) => [`\`${name}\``, kind, types.map(anchor).join(' ')]),
  );

function section(type: EventType, golden: GoldenEvent): string {
  const { cloudEventType, description, topic, kind, keyFields } = contractOf(type);
  const rows = fieldRows(jsonSchemaOf(type)).map((field) => [
    `\`${field.path}\``,
    field.type,
    field.required ? 'yes' : '',
    field.description,
  ]);
  const key = keyFields.map((field) => `\`${field}\``).join(' / ');
  return `### ${type}

${description}

\`ce_type: ${cloudEventType}\`, a ${kind} on \`${topic}\`, key ${key}.

${table(['Field', 'Type', 'Required', 'Meaning'], rows)}

\`\`\`json
${JSON.stringify(golden.data)}
\`\`\`
`;
}

/** docs/events.md. */
export function eventsPage(golden: Readonly<Record<string, GoldenEvent>>): string {
  const sections = TOPICS.flatMap(({ types }) => types.map((type) => section(type, golden[type])));
  const reference = table(
    ['Field', 'Type', 'Meaning'],
    fieldRows(toJsonSchema(dataref)).map(({ path, type, description }) => [`\`${path}\``, type, description]),
  );
  return `${introduction}
## Data references

Large data lie in the store; events say where. References hold no credentials: access is configured at the store. All
fields are required.

${reference}

## Topics

${topicTable()}

## Events and commands

${sections.join('\n')}`;
}
