/** Messages of the bus, in both content modes of CloudEvents. */
import { readFileSync } from 'node:fs';
import { createEvent, fromMessage, InvalidEvent, toBinaryMessage } from '@open-chatgpt/events';

const CONTRACT = new URL('../../../docs/asyncapi.json', import.meta.url);

export function open() {
  const { messages } = JSON.parse(readFileSync(CONTRACT, 'utf8')).components;
  const events = Object.entries(messages).map(([type, { examples }]) =>
    createEvent(type, examples[0].payload, { source: '/attack' }),
  );
  return {
    seeds: events.flatMap((event) => {
      const { topic, key, headers, value } = toBinaryMessage(event);
      const structured = { 'content-type': 'application/cloudevents+json' };
      const { specversion = '1.0', ...attributes } = event;
      const whole = { specversion, ...attributes, type: headers.ce_type };
      return [
        `${JSON.stringify({ topic, key, headers })}\n${value}`,
        `${JSON.stringify({ topic, key, headers: structured })}\n${JSON.stringify(whole)}`,
      ];
    }),
    hostile: HOSTILE,
    answer(input) {
      const end = input.indexOf('\n');
      try {
        fromMessage({ ...envelopeOf(input.subarray(0, Math.max(0, end))), value: input.subarray(end + 1) });
      } catch (error) {
        // A consumer retries any other error without end.
        if (!(error instanceof InvalidEvent)) return `not InvalidEvent: ${error.stack}`;
        throw error;
      }
    },
  };
}

/** Kafka's own part of the message: texts or bytes, as its client returns them. */
function envelopeOf(line) {
  try {
    const { topic, key, headers } = JSON.parse(line.toString());
    const texts = Object.entries(headers ?? {}).map(([name, value]) => [name, Buffer.from(String(value))]);
    return {
      topic: String(topic),
      key: key === null ? null : String(key),
      headers: Object.fromEntries(texts),
    };
  } catch {
    return { topic: 'openchatgpt.runs.v1', key: line, headers: { 'content-type': 'application/json' } };
  }
}

const headers = { 'content-type': 'application/cloudevents+json' };
const structured = (value) =>
  `${JSON.stringify({ topic: 'openchatgpt.runs.v1', key: 'x', headers })}\n${value}`;
const HOSTILE = [
  structured('['.repeat(100_000) + ']'.repeat(100_000)),
  structured(`{"data": ${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`),
  structured('{"__proto__": {"type": "x"}, "constructor": null, "specversion": "1.0"}'),
  structured('null'),
  structured(JSON.stringify({ specversion: '1.0', type: 'toString', id: 'x', source: '/', time: 'now' })),
  structured(`{"id": "${'a'.repeat(900_000)}"}`),
  Buffer.from([0xff, 0xfe, 0x0a, 0x00]),
];
