import { createEvent, type DataOf, type EventOf, InvalidEvent } from '..';
import { goldenEvent } from '../published/example.fixture';
import { eventTypes } from '../registry';
import type { EventOptions } from './create-event';

const source = '/sft-trainer/sft-trainer-0';
const progressed: DataOf<'run.progressed'> = {
  runId: 'r1',
  stage: 'sft',
  algorithm: 'sft',
  attempt: 1,
  phase: 'training',
  step: 3,
  totalSteps: 10,
  metrics: { loss: 2.5 },
};

describe('createEvent', () => {
  it('adds the attributes that are derived from the data', () => {
    const event = createEvent('run.progressed', progressed, { source });
    expect(event).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      source,
      type: 'run.progressed',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      subject: 'r1',
      partitionkey: 'r1',
      dataschema: 'urn:openchatgpt:event:run.progressed:v1',
      runid: 'r1',
      data: progressed,
    });
    expect(Math.abs(Date.parse(event.time) - Date.now())).toBeLessThan(60_000);
    expect(createEvent('run.progressed', progressed, { source }).id).not.toBe(event.id);
    expect(createEvent('run.progressed', progressed, { source, id: undefined }).id).toMatch(
      /^[0-9a-f-]{36}$/,
    );
  });

  it('has a run id only for events of a run', () => {
    const { data } = goldenEvent('alert.raised');
    expect(createEvent('dataset.ready', goldenEvent('dataset.ready').data, { source })).not.toHaveProperty(
      'runid',
    );
    expect(createEvent('alert.raised', { ...data, runId: undefined }, { source })).not.toHaveProperty(
      'runid',
    );
    expect(createEvent('alert.raised', data, { source }).runid).toBe(data.runId);
  });

  it('accepts a trace context and an id', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const options = { source, traceparent, tracestate: 'vendor=1', id: 'r1:step-3' };
    expect(createEvent('run.progressed', progressed, options)).toMatchObject(options);
  });

  it.each(eventTypes)('accepts the golden data of %s unchanged', (type) => {
    const { data } = goldenEvent(type);
    expect(createEvent(type, data, { source }).data).toEqual(data);
  });

  it.each<[string, Partial<EventOptions>, string]>([
    ['no source', { source: '' }, 'source'],
    ['a source with spaces', { source: 'the trainer' }, 'source'],
    ['an empty id', { id: '' }, 'id'],
    ['an invalid traceparent', { traceparent: '4bf92f3577b34da6' }, 'traceparent'],
    ['a traceparent of zeros', { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` }, 'traceparent'],
    ['an unknown option', { subject: 'r1' } as Partial<EventOptions>, 'subject'],
  ])('rejects %s', (_, options, field) => {
    const create = () => createEvent('run.progressed', progressed, { source, ...options });
    expect(create).toThrow(InvalidEvent);
    expect(create).toThrow(expect.objectContaining({ field }));
  });

  it('rejects an unknown field, which is most likely a typing error', () => {
    const withTypo = { ...progressed, secnods: 3 };
    expect(() => createEvent('run.progressed', withTypo, { source })).toThrow(
      'data.secnods: Unrecognized key',
    );
  });
});

/** Checked by the compiler: each line below must not compile, and `@ts-expect-error` fails where it does. */
function wrongPayloadsDoNotCompile(anyEvent: EventOf<'run.progressed' | 'policy.updated'>): void {
  // @ts-expect-error unknown event
  createEvent('run.paused', progressed, { source });
  // @ts-expect-error data of another event
  createEvent('policy.updated', progressed, { source });
  // @ts-expect-error totalSteps is missing
  createEvent('run.progressed', { ...progressed, totalSteps: undefined }, { source });
  // @ts-expect-error a number is expected
  createEvent('run.progressed', { ...progressed, step: '3' }, { source });
  // @ts-expect-error no such algorithm
  createEvent('run.progressed', { ...progressed, algorithm: 'sgd' }, { source });
  // @ts-expect-error the source is missing
  createEvent('run.progressed', progressed, {});
  createEvent(
    'run.cancel-requested',
    // @ts-expect-error unknown field
    { runId: 'r1', stage: 'sft', algorithm: 'sft', because: 'of a typing error' },
    { source },
  );
  // @ts-expect-error the type is not narrowed yet
  anyEvent.data.metrics;
  if (anyEvent.type === 'run.progressed') anyEvent.data.metrics satisfies Record<string, number>;
  else anyEvent.data.model.weights.uri satisfies string;
}
void wrongPayloadsDoNotCompile;
