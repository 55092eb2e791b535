import { z } from 'zod';
import { fromMessage, InvalidEvent } from '..';
import { goldenEvents } from '../published/golden';
import { contractOf, eventTypes } from '../registry';
import { readTolerantly } from './read-tolerantly';

const HOSTILE = [
  ...[null, true, 0, -1, 1e308, '', 'x', 'x'.repeat(20_000), '__proto__'],
  ...[[], [null], [[[]]], {}, { length: 3 }, { a: null }],
  ...[JSON.parse('{"__proto__": {"a": 1}}'), { constructor: null, toString: 1 }],
];

/** The path of every value in a JSON value. */
function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, one]) => pathsOf(one, [...path, name]))];
}

function replaced(value: unknown, [name, ...rest]: readonly string[], by: unknown): unknown {
  if (name === undefined) return by;
  const copy: Record<string, unknown> = Array.isArray(value)
    ? ([...value] as never)
    : { ...(value as object) };
  copy[name] = replaced(copy[name], rest, by);
  return copy;
}

/** What reading a message throws. */
function failureOf(topic: string, value: unknown, key?: string): unknown {
  try {
    fromMessage({
      topic,
      key,
      headers: { 'content-type': 'application/cloudevents+json' },
      value: JSON.stringify(value),
    });
    return null;
  } catch (error) {
    return error;
  }
}

it.each(eventTypes)('%s: any part of another kind makes the message invalid, with the field', (type) => {
  const golden = goldenEvents()[type];
  const { topic } = contractOf(type);
  for (const path of pathsOf(golden))
    for (const hostile of HOSTILE) {
      const failure = failureOf(topic, replaced(golden, path, hostile));
      if (failure !== null) expect(failure).toBeInstanceOf(InvalidEvent);
      if (failure instanceof InvalidEvent) expect(failure.field).not.toBe('');
    }
});

describe('a validator that throws', () => {
  const throwing = z.unknown().refine((value) => {
    const { inner } = (value as { outer: { inner: unknown } }).outer;
    return inner !== null;
  });
  const schema = z.strictObject({ good: z.string(), bad: throwing });

  it('makes the message invalid, with the field', () => {
    const read = (raw: unknown) => () => readTolerantly(schema, raw, 'data');
    expect(read({ good: 'x', bad: { outer: { inner: 1 } } })).not.toThrow();
    expect(read({ good: 'x', bad: {} })).toThrow(InvalidEvent);
    expect(read({ good: 'x', bad: {} })).toThrow(/^invalid event: data\.bad: cannot be validated: Cannot/);
    expect(() => readTolerantly(throwing, {}, 'data')).toThrow(/^invalid event: data: cannot be validated/);
  });
});

describe('the configuration of a requested run', () => {
  const golden = goldenEvents()['run.requested'] as { data: object; partitionkey: string };
  const { topic } = contractOf('run.requested');
  const stage = { name: 'sft', uses: 'sft', with: { dataset: { path: 'rows.jsonl' } } };

  it.each<[string, object, string]>([
    ['a text', { stages: 'sft' }, 'data.config.stages'],
    ['a stage that is null', { stages: [null] }, 'data.config.stages.0'],
    ['a stage without settings', { stages: [{ name: 'sft', uses: 'sft' }] }, 'data.config.stages.0.with'],
    ['an unknown algorithm', { stages: [{ ...stage, uses: 'constructor' }] }, 'data.config.stages.0.uses'],
    [
      'a dataset that is a number',
      { stages: [stage, { ...stage, with: { dataset: 7 } }] },
      'data.config.stages.1.with.dataset',
    ],
    [
      'a dataset without a path',
      { stages: [{ ...stage, with: { dataset: {} } }] },
      'data.config.stages.0.with.dataset.path',
    ],
  ])('is invalid with %s', (_, config, field) => {
    expect(failureOf(topic, { ...golden, data: { ...golden.data, config } })).toMatchObject({
      name: 'InvalidEvent',
      field,
    });
  });

  it.each<[string, object]>([
    ['has no stages', {}],
    ['has stages of the platform', { stages: [stage], more: 1 }],
  ])('is valid when it %s', (_, config) => {
    const event = { ...golden, data: { ...golden.data, config } };
    expect(failureOf(topic, event, golden.partitionkey)).toBeNull();
  });
});
