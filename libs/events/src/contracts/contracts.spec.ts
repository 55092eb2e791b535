import { type EventType, InvalidEvent } from '..';
import { createEvent } from '../envelope/create-event';
import type { AnyEvent } from '../envelope/envelope';
import { goldenEvent } from '../published/example.fixture';

/** Sends the golden data of a type with some fields replaced. */
const send = (type: EventType, change: object) => () =>
  createEvent(type, { ...goldenEvent(type).data, ...change } as AnyEvent['data'] as never, {
    source: '/test',
  });

const dataref = { uri: 's3://b/k', sha256: 'ab'.repeat(32), size: 1, version: '1' };

let deep: unknown = 1;
for (let level = 0; level < 20; level++) deep = { deep };

describe('data that violate their contract', () => {
  it.each<[string, EventType, object, string, RegExp]>([
    ['an empty run id', 'run.started', { runId: '' }, 'data.runId', /at most 128/],
    ['a run id that is a path', 'run.started', { runId: '../r1' }, 'data.runId', /expected letters/],
    ['a run id that is too long', 'run.started', { runId: 'r'.repeat(129) }, 'data.runId', /128/],
    ['an unknown algorithm', 'run.started', { algorithm: 'sgd' }, 'data.algorithm', /"sft"/],
    ['a negative step', 'run.started', { step: -1 }, 'data.step', />=0/],
    ['a fraction of a step', 'run.started', { step: 1.5 }, 'data.step', /int/],
    ['a missing field', 'run.started', { worker: undefined }, 'data.worker', /string/],
    ['a text that is too long', 'run.started', { worker: 'x'.repeat(257) }, 'data.worker', /256/],
    [
      'a loss that is not a number',
      'run.progressed',
      { metrics: { loss: Number.NaN } },
      'data.metrics.loss',
      /NaN/,
    ],
    ['an infinite loss', 'run.progressed', { metrics: { loss: 1 / 0 } }, 'data.metrics.loss', /Infinity/],
    ['a list for an object', 'dataset.ready', { rows: [] }, 'data.rows', /object/],
    ['prompts by value', 'rollout.requested', { prompts: [[1, 2, 3]] }, 'data.prompts', /object/],
    ['no prompts', 'rollout.requested', { prompts: undefined }, 'data.prompts', /object/],
    ['a seed of more than 32 bits', 'rollout.requested', { seed: 2 ** 32 }, 'data.seed', /4294967295/],
    ['a negative β', 'rollout.generated', { klCoef: -1 }, 'data.klCoef', />=0/],
    [
      'a hash in capitals',
      'rollout.generated',
      { policyVersion: 'AB'.repeat(32) },
      'data.policyVersion',
      /lower-case/,
    ],
    [
      'a reference without hash',
      'experience.scored',
      { experience: { ...dataref, sha256: undefined } },
      'data.experience.sha256',
      /string/,
    ],
    ['samples by value', 'experience.scored', { experience: [] }, 'data.experience', /object/],
  ])('%s in %s is rejected with the name of the field', (_, type, change, field, reason) => {
    const attempt = send(type, change);
    expect(attempt).toThrow(InvalidEvent);
    try {
      attempt();
    } catch (error) {
      expect((error as InvalidEvent).field.startsWith(field)).toBe(true);
      expect((error as InvalidEvent).reason).toMatch(reason);
    }
  });
});

describe('data references', () => {
  const publish = (change: object) => send('run.checkpointed', { checkpoint: { ...dataref, ...change } });

  it.each(['s3://bucket/key', 'file:///tmp/a.bin', 'https://host/x?revision=main', 'hf://datasets/a/b'])(
    'accept %s',
    (uri) => {
      expect(publish({ uri })).not.toThrow();
    },
  );

  it.each<[string, object, RegExp]>([
    ['a relative path', { uri: 'runs/1/manifest.json' }, /checkpoint\.uri: expected the absolute URI/],
    [
      'data inline',
      { uri: 'data:application/octet-stream;base64,AAAA' },
      /checkpoint\.uri: expected the absolute URI/,
    ],
    [
      'a password',
      { uri: 's3://key:hunter2@bucket/key' },
      /must not hold credentials.*a user name or password/,
    ],
    ['a presigned URL', { uri: 'https://h/b/k?X-Amz-Signature=feed' }, /credentials.*X-Amz-Signature/],
    ['a token', { uri: 'https://h/b/k?access_token=feed' }, /credentials.*access_token/],
    ['a negative size', { size: -1 }, /checkpoint\.size/],
    ['another hash', { sha256: 'd41d8cd98f00b204e9800998ecf8427e' }, /SHA-256/],
  ])('reject %s', (_, change, message) => {
    expect(publish(change)).toThrow(message);
    expect(publish(change)).not.toThrow(/hunter2|feed/);
  });
});

describe('settings in requests', () => {
  const ask = (config: unknown) => send('run.requested', { config });

  it('accept any JSON', () => {
    expect(
      ask({ a: [1, 'x', null, { b: true }], padTokenId: 3, maxNewTokens: 5, tokenizer: 't' }),
    ).not.toThrow();
    expect(ask(Object.assign(Object.create(null), { a: 1 }))).not.toThrow();
  });

  it.each<[string, unknown, RegExp]>([
    ['a password', { store: { password: 'x' } }, /config\.store\.password: looks like a credential/],
    ['an API key', { sources: [{ apiKey: 'x' }] }, /config\.sources\.0\.apiKey: looks like a credential/],
    ['a secret access key', { AWS_SECRET_ACCESS_KEY: 'x' }, /looks like a credential/],
    ['a token of the hub', { hfToken: 'x' }, /config\.hfToken: looks like a credential/],
    [
      'a number that is NaN',
      { learningRate: Number.NaN },
      /config\.learningRate: expected a finite number; found NaN/,
    ],
    ['a function', { f: () => 1 }, /config\.f: expected JSON; found function/],
    ['a big integer', { n: 1n }, /config\.n: expected JSON; found bigint/],
    ['undefined', { n: undefined }, /config\.n: expected JSON; found undefined/],
    ['a date', { d: new Date(0) }, /config\.d: expected JSON; found an instance of a class/],
    ['a tensor', { w: new Float32Array(2) }, /config\.w: expected JSON; found an instance of a class/],
    ['too many levels', { deep }, /deeper than 16 levels/],
    [
      'too much text',
      { text: 'x'.repeat(200_000) },
      /config: expected at most 131072 characters of JSON; found/,
    ],
    ['a list', [1], /config/],
  ])('reject %s', (_, config, message) => {
    expect(ask(config)).toThrow(message);
  });
});

it('the source of a dataset is a path or a URL without a password', () => {
  expect(send('dataset.requested', { source: './data/alpaca.json' })).not.toThrow();
  expect(send('dataset.requested', { source: 'tatsu-lab/alpaca' })).not.toThrow();
  expect(send('dataset.requested', { source: 'https://me:pw@host/a.json' })).toThrow(
    /data\.source: must not hold/,
  );
});
