import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ParameterStore } from '@open-chatgpt/runtime';
import { ChecksumError, ObjectNotFoundError, type ObjectStore, openObjectStore } from '@open-chatgpt/storage';
import { weightsFile } from '@open-chatgpt/training';
import { keyOf, removeObjects } from './exchanged-objects';
import { loadVersion, putWeights } from './model-versions';
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

  it('are read to the same bits, under the hash of their content', async () => {
    const [one, two] = [filled(1), filled(2)];
    const version = await putWeights(store, 'w', weightsFile(one));
    expect(await putWeights(store, 'w', weightsFile(filled(1)))).toEqual(version);
    expect((await putWeights(store, 'w', weightsFile(two))).version).not.toBe(version.version);
    forgetRecent(version.weights.uri);
    await loadVersion(store, two, version);
    expect(two.all.map(({ data }) => data)).toEqual(one.all.map(({ data }) => data));
    expect(version.version).toBe(version.weights.sha256);
  });

  it('are refused if they belong to another model, or have another hash than the version', async () => {
    const version = await putWeights(store, 'w', weightsFile(filled(3)));
    const other = new ParameterStore(specs(5));
    await expect(loadVersion(store, other, version)).rejects.toThrow('it belongs to another model');
    const renamed = new ParameterStore(specs().map((spec) => ({ ...spec, name: spec.name.toUpperCase() })));
    await expect(loadVersion(store, renamed, version)).rejects.toThrow('their tensors differ');
    const forged = { ...version, version: 'ab'.repeat(32) };
    await expect(loadVersion(store, filled(0), forged)).rejects.toThrow('expected that of its version');
  });

  it('are refused if damaged, and read again by the next try', async () => {
    const version = await putWeights(store, 'damaged', weightsFile(filled(4)));
    const whole = weightsFile(filled(5));
    const key = keyOf(store, version.weights);
    await store.put(
      key,
      Buffer.concat(Array.from(whole, (part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength))),
    );
    forgetRecent(version.weights.uri);
    const target = filled(0);
    await expect(loadVersion(store, target, version)).rejects.toThrow(ChecksumError);
    await store.delete(key);
    await putWeights(store, 'damaged', weightsFile(filled(4)));
    await loadVersion(store, target, version);
    expect(target.all.map(({ data }) => data)).toEqual(filled(4).all.map(({ data }) => data));
  });

  it('are read from memory if this process stored them, until they are removed', async () => {
    const version = await putWeights(store, 'here', weightsFile(filled(6)));
    await store.delete(keyOf(store, version.weights));
    const target = filled(0);
    await loadVersion(store, target, version);
    expect(target.all.map(({ data }) => data)).toEqual(filled(6).all.map(({ data }) => data));
    await removeObjects(store, 'here/');
    await expect(loadVersion(store, filled(0), version)).rejects.toThrow(ObjectNotFoundError);
  });
});
