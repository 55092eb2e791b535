import { CloudEvent, Kafka } from 'cloudevents';
import fc from 'fast-check';
import { createEvent, fromMessage, InvalidEvent, toBinaryMessage } from '..';
import type { AnyEvent } from '../envelope/envelope';
import { goldenEvent } from '../published/example.fixture';
import { goldenEvents } from '../published/golden';
import { contractOf, eventTypes } from '../registry';
import { type IncomingMessage, MAX_VALUE_BYTES } from './message';

const golden = goldenEvents();
const structuredType = 'application/cloudevents+json';

const structured = (change: object, over: Partial<IncomingMessage> = {}): IncomingMessage => ({
  topic: contractOf('policy.updated').topic,
  key: 'support-bot-ppo-1',
  headers: { 'content-type': structuredType },
  value: JSON.stringify({ ...golden['policy.updated'], ...change }),
  ...over,
});

const binary = (headers: object, over: Partial<IncomingMessage> = {}): IncomingMessage => {
  const message = toBinaryMessage(goldenEvent('policy.updated'));
  return { ...message, headers: { ...message.headers, ...headers }, ...over };
};

/** As a Kafka client hands it over: bytes. */
const asBytes = ({ topic, key, headers, value }: ReturnType<typeof toBinaryMessage>): IncomingMessage => ({
  topic,
  key: Buffer.from(key),
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
  value: new Uint8Array(Buffer.from(value)),
});

describe.each(eventTypes)('%s', (type) => {
  const event = goldenEvent(type) as AnyEvent;

  it('comes back from a binary message as it was', () => {
    expect(fromMessage(toBinaryMessage(event))).toEqual(event);
    expect(fromMessage(asBytes(toBinaryMessage(event)))).toEqual(event);
  });

  it('is a CloudEvent to the CloudEvents SDK', () => {
    const { topic: _, ...message } = toBinaryMessage(event);
    const read = Kafka.toEvent({ ...message, body: message.value } as never) as CloudEvent<unknown>;
    expect(read.validate()).toBe(true);
    const { id, source, time, subject, data, dataschema } = event;
    expect(read).toMatchObject({
      id,
      source,
      time,
      subject,
      dataschema,
      type: contractOf(type).cloudEventType,
    });
    expect(read.data).toEqual(data);
    expect(read.datacontenttype).toBe('application/json');
    expect(read['traceparent']).toBe(event.traceparent);
    expect(read['runid']).toBe(event.runid);
  });

  it('is read from what the CloudEvents SDK writes, in both modes', () => {
    const { topic } = contractOf(type);
    const written = new CloudEvent(golden[type]);
    const inStructured = Kafka.structured(written) as unknown as IncomingMessage;
    expect(fromMessage({ ...inStructured, topic })).toEqual(event);
    const inBinary = Kafka.binary(written) as unknown as IncomingMessage;
    expect(fromMessage({ ...inBinary, topic, value: JSON.stringify(inBinary.value) })).toEqual(event);
  });
});

describe('a binary message', () => {
  it('has the attributes as headers and the data as value', () => {
    const event = goldenEvent('policy.updated');
    expect(toBinaryMessage(event)).toEqual({
      topic: 'openchatgpt.policy.fact.v1',
      key: 'support-bot-ppo-1',
      headers: {
        'content-type': 'application/json',
        ce_specversion: '1.0',
        ce_id: event.id,
        ce_source: '/gateway/gateway-0',
        ce_type: 'openchatgpt.policy.updated.v1',
        ce_time: '2026-01-31T12:00:00.000Z',
        ce_subject: 'support-bot-ppo-1',
        ce_partitionkey: 'support-bot-ppo-1',
        ce_dataschema: 'urn:openchatgpt:event:policy.updated:v1',
        ce_runid: 'support-bot-ppo-1',
        ce_traceparent: event.traceparent,
      },
      value: JSON.stringify(event.data),
    });
  });

  it('keeps 32-bit floats to the bit', () => {
    const floats = Float32Array.from([0.1, -1e-38, 3.4e38, 1 / 3]);
    const { data } = goldenEvent('run.progressed');
    const metrics = Object.fromEntries([...floats].map((number, i) => [`m${i}`, number]));
    const sent = createEvent('run.progressed', { ...data, metrics }, { source: '/t' });
    const read = fromMessage(toBinaryMessage(sent)) as typeof sent;
    expect(Float32Array.from(Object.values(read.data.metrics))).toEqual(floats);
  });

  it('is rejected with the remedy when it is too large for a broker', () => {
    const { data } = goldenEvent('run.progressed');
    const text = 'x'.repeat(16_384);
    const samples = Array(32).fill({ prompt: text, response: text, reward: 0, reference: text });
    const event = createEvent('run.progressed', { ...data, samples }, { source: '/t' });
    expect(() => toBinaryMessage(event)).toThrow(`data: expected at most ${MAX_VALUE_BYTES} bytes of JSON`);
    expect(() => toBinaryMessage(event)).toThrow('put large data into the object store');
  });
});

describe('fromMessage accepts', () => {
  const event = goldenEvent('policy.updated');
  const { data } = event;

  it.each<[string, IncomingMessage]>([
    [
      'unknown fields of a later version',
      structured({ data: { ...data, note: 1, model: { ...data.model, format: 'x' } } }),
    ],
    ['unknown extensions', structured({ anextension: 'x' })],
    [
      'a content type with parameters',
      structured({}, { headers: { 'content-type': `${structuredType}; charset=UTF-8` } }),
    ],
    ['headers in capitals', structured({}, { headers: { 'Content-Type': structuredType } })],
    [
      'a header given twice: the last counts',
      binary({ ce_source: ['/other', Buffer.from('/gateway/gateway-0')] }),
    ],
    ['unknown headers', binary({ 'x-other': undefined, other: Buffer.from([255]).toString('latin1') })],
    ['a missing content type in binary mode', binary({ 'content-type': undefined })],
    [
      'missing attributes that are derived from the data',
      structured({ partitionkey: undefined, dataschema: undefined, runid: undefined, subject: undefined }),
    ],
  ])('%s', (_, message) => {
    expect(fromMessage(message)).toEqual(event);
  });

  it('an invalid trace context, which starts a new trace', () => {
    const { traceparent, ...untraced } = event;
    expect(fromMessage(structured({ traceparent: 'garbage' }))).toEqual(untraced);
  });

  it('a time with an offset, and a custom subject', () => {
    const own = { time: '2026-01-31T13:00:00+01:00', subject: 'the policy' };
    expect(fromMessage(structured(own))).toEqual({ ...event, ...own });
  });
});

describe('fromMessage rejects', () => {
  const { data } = goldenEvent('policy.updated');

  it.each<[string, IncomingMessage, string, RegExp]>([
    ['no headers', binary({}, { headers: {} }), 'headers', /expected a CloudEvent: ce_\* headers/],
    ['no headers at all', binary({}, { headers: undefined }), 'headers', /expected a CloudEvent/],
    ['a tombstone', binary({}, { value: null }), 'value', /tombstone/],
    ['bytes that are not UTF-8', binary({}, { value: Buffer.from([0xc3, 0x28]) }), 'value', /UTF-8/],
    ['a header that is not UTF-8', binary({ ce_id: Buffer.from([0xff]) }), 'headers.ce_id', /UTF-8/],
    ['broken JSON', binary({}, { value: '{"runId":' }), 'value', /expected JSON/],
    ['an empty value', binary({}, { value: '' }), 'value', /expected JSON/],
    [
      'another content type',
      binary({ 'content-type': 'application/avro' }),
      'headers.content-type',
      /found application\/avro/,
    ],
    [
      'a batch',
      structured({}, { headers: { 'content-type': 'application/cloudevents-batch+json' } }),
      'headers',
      /cloudevents-batch/,
    ],
    ['a list in structured mode', structured({}, { value: '[]' }), 'value', /JSON object/],
    ['null in structured mode', structured({}, { value: 'null' }), 'value', /JSON object/],
    ['another version of CloudEvents', binary({ ce_specversion: '0.3' }), 'specversion', /"1\.0"/],
    ['no id', binary({ ce_id: undefined }), 'id', /undefined/],
    ['no source', structured({ source: undefined }), 'source', /undefined/],
    ['no time', structured({ time: undefined }), 'time', /undefined/],
    ['an invalid time', structured({ time: 'yesterday' }), 'time', /datetime/],
    [
      'an unknown type',
      binary({ ce_type: 'openchatgpt.run.paused.v1' }),
      'type',
      /"openchatgpt\.run\.paused\.v1" is not among/,
    ],
    ['a later major version', binary({ ce_type: 'openchatgpt.policy.updated.v2' }), 'type', /not among/],
    [
      'another topic',
      binary({}, { topic: 'openchatgpt.run.fact.v1' }),
      'topic',
      /expected "openchatgpt\.policy\.fact\.v1"/,
    ],
    ['another schema', binary({ ce_dataschema: 'urn:x' }), 'dataschema', /found "urn:x"/],
    ['no key', binary({}, { key: null }), 'key', /expected "support-bot-ppo-1"; found undefined/],
    ['the key of another run', binary({}, { key: 'r2' }), 'key', /found "r2"/],
    ['the partition key of another run', binary({ ce_partitionkey: 'r2' }), 'partitionkey', /found "r2"/],
    ['the id of another run', binary({ ce_runid: 'r2' }), 'runid', /found "r2"/],
    ['no data', structured({ data: undefined }), 'data', /object/],
    ['data in base64', structured({ data: undefined, data_base64: 'AAAA' }), 'data', /object/],
    ['data of a wrong type', structured({ data: [1] }), 'data', /object/],
    ['a missing field', structured({ data: { ...data, iteration: undefined } }), 'data.iteration', /number/],
    [
      'a wrong field beside an unknown one',
      structured({ data: { ...data, iteration: 'x', note: 1 } }),
      'data.iteration',
      /number/,
    ],
    ['null for a number', structured({ data: { ...data, iteration: null } }), 'data.iteration', /null/],
  ])('%s', (_, message, field, reason) => {
    let thrown: unknown;
    try {
      fromMessage(message);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(InvalidEvent);
    const { field: found, reason: why } = thrown as InvalidEvent;
    expect(found).toBe(field);
    expect(why).toMatch(reason);
  });

  it('any input is read or rejected as an invalid event, and does not change prototypes', () => {
    const readOrReject = (message: IncomingMessage) => {
      try {
        fromMessage(message);
      } catch (error) {
        if (!(error instanceof InvalidEvent)) throw error;
      }
    };
    const headers = fc.dictionary(
      fc.constantFrom('content-type', 'ce_type', 'ce_id', 'ce_specversion'),
      fc.string(),
    );
    fc.assert(
      fc.property(headers, fc.uint8Array(), (given, value) => readOrReject(binary(given, { value }))),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(fc.json(), (json) =>
        readOrReject(structured({ data: { ...data, model: JSON.parse(json) } })),
      ),
      { numRuns: 200 },
    );
    readOrReject(structured({}, { value: '{"specversion":"1.0","__proto__":{"polluted":1}}' }));
    readOrReject(
      binary({}, { value: '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}' }),
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
