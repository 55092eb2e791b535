import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contractOf, EVENTS, type EventType, eventTypes, TOPICS } from './registry';

describe('the registry', () => {
  it('has every event of the platform', () => {
    expect([...eventTypes].sort()).toEqual([
      'alert.raised',
      'dataset.cancel-requested',
      'dataset.failed',
      'dataset.ready',
      'dataset.requested',
      'experience.scored',
      'model.published',
      'policy.updated',
      'preference.submitted',
      'rollout.generated',
      'rollout.requested',
      'run.cancel-requested',
      'run.cancelled',
      'run.checkpointed',
      'run.completed',
      'run.failed',
      'run.progressed',
      'run.requested',
      'run.started',
      'value.update-requested',
      'value.updated',
    ]);
  });

  it.each(eventTypes)('names %s after its domain and kind', (type) => {
    const { kind, topic, cloudEventType, dataschema, description } = contractOf(type);
    const [domain] = type.split('.');
    expect(topic).toBe(`openchatgpt.${domain}.${kind === 'command' ? 'cmd' : kind}.v1`);
    expect(cloudEventType).toBe(`openchatgpt.${type}.v1`);
    expect(dataschema).toBe(`urn:openchatgpt:event:${type}:v1`);
    expect(description).toMatch(/\.$/);
  });

  it('lists each type under one topic, with types of its kind', () => {
    expect(TOPICS.flatMap(({ types }) => types).sort()).toEqual([...eventTypes].sort());
    for (const { kind, types } of TOPICS)
      expect(types.map((type) => EVENTS[type].kind)).toEqual(types.map(() => kind));
  });

  it('spreads the work items of a run over keys, and keeps its other events in order', () => {
    const item = { runId: 'r1', itemId: '3-0' } as never;
    expect(contractOf('rollout.requested').key(item)).toBe('r1/3-0');
    expect(contractOf('rollout.generated').key(item)).toBe('r1/3-0');
    expect(contractOf('experience.scored').key(item)).toBe('r1');
    expect(contractOf('run.progressed').key(item)).toBe('r1');
  });

  it('lists the types when one is unknown', () => {
    expect(() => contractOf('run.paused' as EventType)).toThrow(
      /type: "run\.paused" is not an event type; expected one of dataset\.requested, /,
    );
    expect(() => contractOf('toString' as EventType)).toThrow('"toString" is not an event type');
  });
});

it('the example consumer knows the topic and the types of a run', () => {
  const script = readFileSync(join(__dirname, '../../../examples/consumers/follow_run.py'), 'utf8');
  const { topic, cloudEventType } = EVENTS['run.completed'];
  expect(script).toContain(`TOPIC = "${topic}"`);
  const [, prefix, version] = /PREFIX, VERSION = "(.*)", "(.*)"/.exec(script) ?? [];
  expect(`${prefix}completed${version}`).toBe(cloudEventType);
  const handled = [...script.matchAll(/what == "(\w+)"/g)].map(([, what]) => `run.${what}`);
  const published = TOPICS.find(({ name }) => name === topic)?.types;
  expect(handled.sort()).toEqual([...(published ?? [])].sort());
});
