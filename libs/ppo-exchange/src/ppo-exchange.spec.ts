import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEvent } from '@open-chatgpt/events';
import { ParameterStore } from '@open-chatgpt/runtime';
import { ChecksumError, ObjectNotFoundError, type ObjectStore, openObjectStore } from '@open-chatgpt/storage';
import { weightsFile } from '@open-chatgpt/training';
import {
  getExperience,
  keyOf,
  loadVersion,
  putExperience,
  putWeights,
  removeObjects,
  rolloutFromEvent,
  rolloutToEvent,
  scoredFromEvent,
  scoredToEvent,
} from '.';
import { forgetRecent } from './recent-objects';

const specs = (columns = 3) => [
  { name: 'matrix', shape: [2, columns], trainable: true },
  { name: 'bias', shape: [4], trainable: true },
];

function filled(start: number): ParameterStore {
  const store = new ParameterStore(specs());
  for (const { data } of store.all) for (let i = 0; i < data.length; i++) data[i] = start + i / 7;
  return store;
}

describe('weights in the store', () => {
  let folder: string;
  let store: ObjectStore;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'exchange-'));
    store = openObjectStore(folder, {} as never);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('come back to the same bits, under the hash of their content', async () => {
    const [one, two] = [filled(1), filled(2)];
    const version = await putWeights(store, 'w', weightsFile(one));
    expect(await putWeights(store, 'w', weightsFile(filled(1)))).toEqual(version);
    expect((await putWeights(store, 'w', weightsFile(two))).version).not.toBe(version.version);
    forgetRecent(version.weights.uri);
    await loadVersion(store, two, version);
    expect(two.all.map(({ data }) => data)).toEqual(one.all.map(({ data }) => data));
    expect(version.version).toBe(version.weights.sha256);
  });

  it('are refused where they are of another model, or not what the version says', async () => {
    const version = await putWeights(store, 'w', weightsFile(filled(3)));
    const other = new ParameterStore(specs(5));
    await expect(loadVersion(store, other, version)).rejects.toThrow('it is of another model');
    const renamed = new ParameterStore(specs().map((spec) => ({ ...spec, name: spec.name.toUpperCase() })));
    await expect(loadVersion(store, renamed, version)).rejects.toThrow('their tensors differ');
    const forged = { ...version, version: 'ab'.repeat(32) };
    await expect(loadVersion(store, filled(0), forged)).rejects.toThrow('no version of weights');
  });

  it('that were damaged are not taken, and the next try reads them anew', async () => {
    const version = await putWeights(store, 'damaged', weightsFile(filled(4)));
    const whole = weightsFile(filled(5));
    const key = keyOf(store, version.weights);
    await store.put(
      key,
      Buffer.concat(whole.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength))),
    );
    forgetRecent(version.weights.uri);
    const target = filled(0);
    await expect(loadVersion(store, target, version)).rejects.toThrow(ChecksumError);
    await store.delete(key);
    await putWeights(store, 'damaged', weightsFile(filled(4)));
    await loadVersion(store, target, version);
    expect(target.all.map(({ data }) => data)).toEqual(filled(4).all.map(({ data }) => data));
  });

  it('need no reading where this process has stored them, until they are removed', async () => {
    const version = await putWeights(store, 'here', weightsFile(filled(6)));
    await store.delete(keyOf(store, version.weights));
    const target = filled(0);
    await loadVersion(store, target, version);
    expect(target.all.map(({ data }) => data)).toEqual(filled(6).all.map(({ data }) => data));
    await removeObjects(store, 'here/');
    await expect(loadVersion(store, filled(0), version)).rejects.toThrow(ObjectNotFoundError);
  });

  it('keeps the experience of an iteration, to the bit', async () => {
    const samples = [
      { prompt: [1, 2], response: [3], values: Float32Array.of(0.1), returns: Float32Array.of(-1 / 3) },
    ];
    const first = await putExperience(store, 'run', { iteration: 1, samples });
    const second = await putExperience(store, 'run', { iteration: 2, previous: first, samples });
    expect(await getExperience(store, second)).toEqual({ iteration: 2, previous: first, samples });
  });
});

describe('samples', () => {
  const rollout = {
    id: 3,
    promptIndex: 1,
    prompt: [1, 2],
    response: [3, 4],
    endsWithEos: true,
    logProbs: Float32Array.of(-0.1, -1 / 3),
    refLogProbs: Float32Array.of(-0.2, -2 / 3),
  };

  it('read back to the same bits from the events that carry them', () => {
    const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value));
    expect(rolloutFromEvent(throughJson(rolloutToEvent(rollout)))).toEqual(rollout);
    const scored = {
      ...rollout,
      score: 1 / 3,
      kl: 0.1,
      values: Float32Array.of(0.1, 0.2),
      advantages: Float64Array.of(1 / 3, 1 / 7),
      returns: Float64Array.of(1 / 9, 2 / 3),
    };
    const sample = scoredToEvent(scored);
    expect(scoredFromEvent(throughJson(sample))).toEqual(scored);
    const version = 'ab'.repeat(32);
    const common = {
      runId: 'r',
      itemId: '1-0',
      iteration: 1,
      policyVersion: version,
      klCoef: 0,
      dropped: [],
    };
    const data = { ...common, rewardVersion: version, valueVersion: version, samples: [sample] };
    expect(createEvent('experience.scored', data, { source: '/test' }).data.samples).toEqual([sample]);
  });
});
