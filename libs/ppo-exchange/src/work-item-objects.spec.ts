import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataref } from '@open-chatgpt/events';
import { ChecksumError, ObjectNotFoundError, type ObjectStore, openObjectStore } from '@open-chatgpt/storage';
import type { Rollout, ScoredRollout } from '@open-chatgpt/training';
import { keyOf, removeObjects } from './exchanged-objects';
import { forgetRecent } from './recent-objects';
import { SampleTableError } from './sample-table';
import { getValueExperience, putValueExperience } from './value-experience';
import {
  getExperience,
  getPrompts,
  getRollouts,
  putExperience,
  putPrompts,
  putRollouts,
  removeWorkItems,
} from './work-item-objects';

const FOLDER = 'runs/r1/exchange/learner';
const item = { itemId: '2-0', iteration: 2, evaluation: false };
const batches = [
  { firstIndex: 4, prompts: [{ sampleId: 12, promptIndex: 7, prompt: [1, 2, 3] }] },
  {
    firstIndex: 0,
    prompts: [
      { sampleId: 8, promptIndex: 0, prompt: [1] },
      { sampleId: 9, promptIndex: 5, prompt: [0x7fffffff, 0] },
    ],
  },
];
const rollout = (id: number, response: number[]): Rollout => ({
  id,
  promptIndex: id + 1,
  prompt: [1, 2],
  response,
  endsWithEos: id % 2 === 0,
  logProbs: Float32Array.from(response, (_, i) => -0.1 - i / 3),
  refLogProbs: Float32Array.from(response, (_, i) => -1e-38 * i),
});
const scored = (id: number, response: number[]): ScoredRollout => ({
  ...rollout(id, response),
  score: 1 / 3,
  kl: -1e-300,
  values: Float32Array.from(response, (_, i) => 3.4e38 - i),
  advantages: Float64Array.from(response, (_, i) => 1 / (7 + i)),
  returns: Float64Array.from(response, (_, i) => 2 / (3 + i)),
});

describe('objects of a work item', () => {
  let folder: string;
  let store: ObjectStore;
  let prompts: Dataref;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'work-items-'));
    store = openObjectStore(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach(async () => {
    prompts = await putPrompts(store, FOLDER, item, batches);
  });
  const fromStore = <T>(reference: Dataref, read: (store: ObjectStore, reference: Dataref) => Promise<T>) => {
    forgetRecent(reference.uri);
    return read(store, reference);
  };

  it('keep prompts, rollouts and experience to the bit', async () => {
    const rollouts = { batches: [[rollout(1, [5])], [rollout(2, [6, 7]), rollout(3, [8])]], dropped: [] };
    const dropped = [{ id: 4, reason: 'emptyResponse' }];
    const experience = { samples: [scored(1, [5]), scored(2, [6, 7])], dropped };
    expect(await fromStore(prompts, getPrompts)).toEqual(batches);
    const rolloutsObject = await putRollouts(store, prompts, rollouts);
    expect(await fromStore(rolloutsObject, getRollouts)).toEqual(rollouts);
    const experienceObject = await putExperience(store, rolloutsObject, experience);
    expect(await fromStore(experienceObject, getExperience)).toEqual(experience);
    for (const reference of [prompts, rolloutsObject, experienceObject])
      expect(keyOf(store, reference)).toMatch(
        /^runs\/r1\/exchange\/learner\/work-items\/2\/2-0\/\w+-[0-9a-f]{16}\.safetensors$/,
      );
  });

  it('may hold dropped samples only', async () => {
    const nothing = { batches: [], dropped: [{ id: 8, reason: 'emptyResponse' }] };
    const rollouts = await putRollouts(store, prompts, nothing);
    expect(await fromStore(rollouts, getRollouts)).toEqual(nothing);
    const experience = await putExperience(store, rollouts, { samples: [], dropped: nothing.dropped });
    expect(await fromStore(experience, getExperience)).toEqual({ samples: [], dropped: nothing.dropped });
  });

  it('are read from memory by the process that stored them', async () => {
    await store.delete(keyOf(store, prompts));
    expect(await getPrompts(store, prompts)).toEqual(batches);
  });

  it('are refused when they are missing, damaged, or of another kind', async () => {
    await expect(getRollouts(store, prompts)).rejects.toThrow(SampleTableError);
    await expect(getRollouts(store, prompts)).rejects.toThrow(
      /prompts-.*: expected a column "batch" of F64; found none/,
    );
    await store.put(keyOf(store, prompts), Buffer.from('damaged'));
    await expect(fromStore(prompts, getPrompts)).rejects.toThrow(ChecksumError);
    await store.delete(keyOf(store, prompts));
    await expect(fromStore(prompts, getPrompts)).rejects.toThrow(ObjectNotFoundError);
  });

  it('are removed with their iteration, and those of an evaluation after it', async () => {
    await removeObjects(store, `${FOLDER}/`);
    const iterations = [1, 2, 3, 12].flatMap((iteration) => [
      { itemId: `${iteration}-0`, iteration, evaluation: false },
      { itemId: `evaluation-${iteration}-0`, iteration, evaluation: true },
    ]);
    for (const one of iterations) await putPrompts(store, FOLDER, one, batches);
    const experience = await putValueExperience(store, FOLDER, { iteration: 1, samples: [] });
    const left = async () => {
      const found: string[] = [];
      for await (const { key } of store.list(`${FOLDER}/work-items/`)) found.push(key.split('/')[5]);
      return found.sort();
    };
    await removeWorkItems(store, FOLDER, 2);
    expect(await left()).toEqual(['12', '12-evaluation', '2-evaluation', '3', '3-evaluation']);
    expect((await getValueExperience(store, experience)).iteration).toBe(1);
  });

  it('of the value model name the iteration before', async () => {
    const samples = [
      { prompt: [1, 2], response: [3], values: Float32Array.of(0.1), returns: Float32Array.of(-1 / 3) },
    ];
    const first = await putValueExperience(store, FOLDER, { iteration: 1, samples });
    const second = await putValueExperience(store, FOLDER, { iteration: 2, previous: first, samples });
    expect(await fromStore(second, getValueExperience)).toEqual({ iteration: 2, previous: first, samples });
    expect(await fromStore(first, getValueExperience)).toEqual({ iteration: 1, samples });
  });
});
