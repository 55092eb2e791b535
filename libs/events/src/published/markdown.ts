import { dataref } from '../contracts/dataref';
import { contractOf, type EventType, TOPICS } from '../registry';
import { fieldRows } from './field-rows';
import type { GoldenEvent } from './golden';
import { jsonSchemaOf, toJsonSchema } from './json-schema';

const introduction = `<!-- Generated from the schemas by libs/events/tools/publish.mjs; do not edit. -->

# Events

The platform publishes events, and accepts commands, on Kafka topics. Every message is a
[CloudEvent 1.0](https://cloudevents.io). This page is for developers of other systems that consume or send them.

- [asyncapi.json](asyncapi.json) holds the same contracts as an AsyncAPI 3 document, with the JSON Schema of every event.
- [follow_run.py](../examples/consumers/follow_run.py) is an example consumer in Python.

## Consuming events

| Topic | Rule |
| --- | --- |
| Format | Binary content mode: the value is the data as JSON, the attributes are headers |
| Headers | \`ce_type\`, \`ce_id\`, \`ce_source\`, \`ce_time\`, \`ce_subject\`, \`ce_partitionkey\`, \`ce_dataschema\`, \`ce_traceparent\`; \`ce_runid\` for events of a run |
| Delivery | At least once: ignore a second event with the same \`ce_source\` and \`ce_id\` |
| Order | Events with the same key on the same topic arrive in order; there is no order between topics |
| Unknown names | Ignore fields, headers and event types that you do not know: later versions add some |
| Large data | Travel by reference: see [Data references](#data-references) |
| Numbers | 32-bit floats are written with all digits, so that reading them gives the same bits |

## Sending events and commands

- **Format.** Use binary content mode, as above, or structured content mode: content type
  \`application/cloudevents+json\`, with the whole event as the value. \`specversion\`, \`id\`, \`source\`, \`type\` and
  \`time\` are required.
- **Key.** The Kafka key consists of the fields that the event's section names, joined by "/".
- **Size.** A value has at most 1 000 000 bytes.
- **Errors.** A message that violates its contract goes to the dead-letter topic, with the field and the reason.

## Versioning

A contract changes compatibly only: by optional fields, further values, and wider bounds. Any other change is a new type and
topic, \`v2\`, beside the old one.

- \`libs/events/golden/v1/schemas\` holds the released schemas, \`libs/events/golden/v1\` one valid event of each type. A test
  fails, and names the field, when a change breaks either.
- After a change of \`libs/events/src/contracts\`, generate this page and the AsyncAPI document again:

\`\`\`sh
npx tsc -b libs/events && node libs/events/tools/publish.mjs
\`\`\`
`;

/** The text of a table cell: on one line, with pipes escaped. */
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

Large data are in the object store, and events refer to them. A reference holds no credentials: a consumer needs access to the
store. All fields are required.

${reference}

## Topics

${topicTable()}

## Events and commands

${sections.join('\n')}`;
}
