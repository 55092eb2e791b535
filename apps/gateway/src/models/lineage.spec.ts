import type { Run } from '@open-chatgpt/orchestration';
import { unstoredDataref } from '../testing/publish-run';
import { type Lineage, lineageOf } from './lineage';
import type { Model } from './model';

/** Models by id, each with its file and the files of its parents. A run trained each model. */
function known(graph: Record<string, { file?: string; from: readonly string[] }>) {
  const models = Object.entries(graph).map(
    ([modelId, { file = modelId }]): Model => ({
      modelId,
      name: modelId,
      kind: 'language-model',
      createdAt: '2026-01-01T00:00:00.000Z',
      manifest: unstoredDataref(file),
      lineage: { runId: modelId, datasets: [] },
      metrics: {},
    }),
  );
  const run = jest.fn(async (runId: string) => {
    const inputs = Object.fromEntries(graph[runId].from.map((file) => [file, unstoredDataref(file)]));
    return { runId, inputs: { datasets: [], sources: [], models: inputs } } as unknown as Run;
  });
  const sources = { models, checkpoints: [], run, dataset: async () => null };
  return {
    run,
    lineage: (modelId: string) => lineageOf(models.find((one) => one.modelId === modelId)!, sources),
  };
}

type Tree = [id: string, ...parents: (Tree | string)[]];

/** The ids of a lineage; a model without listed parents is only its id, with `*` when it is repeated. */
function treeOf({ model, parents, repeated }: Lineage): Tree | string {
  const id = repeated ? `${model.modelId}*` : model.modelId;
  return parents.length === 0 ? id : [id, ...parents.map(treeOf)];
}

function all(lineage: Lineage): Lineage[] {
  return [lineage, ...lineage.parents.flatMap(all)];
}

describe('lineageOf', () => {
  it('lists the parents of each model once, where the model is nearest', async () => {
    const { lineage } = known({
      base: { from: [] },
      sft: { from: ['base'] },
      reward: { from: ['sft'] },
      ppo: { from: ['sft', 'reward'] },
    });
    expect(treeOf(await lineage('ppo'))).toEqual(['ppo', ['sft', 'base'], ['reward', 'sft*']]);
    expect(all(await lineage('ppo')).some(({ incomplete }) => incomplete)).toBe(false);
  });

  it('ends for models that were made from each other', async () => {
    const { lineage } = known({ a: { from: ['b'] }, b: { from: ['c'] }, c: { from: ['a', 'c'] } });
    expect(treeOf(await lineage('a'))).toEqual(['a', ['b', ['c', 'a*']]]);
  });

  it('ends for many models with the same file, made from it', async () => {
    const ids = Array.from({ length: 9 }, (_, i) => `m${i}`);
    const { lineage, run } = known(
      Object.fromEntries(ids.map((id) => [id, { file: 'same', from: ['same'] }])),
    );
    const found = await lineage('m0');
    expect(found.parents.map(({ model }) => model.modelId)).toEqual(ids.slice(1));
    expect(new Set(all(found).map(({ model }) => model.modelId)).size).toBe(9);
    expect(all(found).length).toBeLessThanOrEqual(1 + 9 * 8);
    expect(run.mock.calls.length).toBeLessThanOrEqual(1 + 9 * 8);
  });

  it('lists at most 100 models, and says so', async () => {
    const ids = Array.from({ length: 500 }, (_, i) => `m${i}`);
    const wide = known(Object.fromEntries(ids.map((id) => [id, { file: 'same', from: ['same'] }])));
    const found = await wide.lineage('m0');
    expect([all(found).length, found.parents.length, found.incomplete]).toEqual([100, 99, true]);
    expect(wide.run.mock.calls.length).toBeLessThanOrEqual(100);
    const long = known(
      Object.fromEntries(ids.map((id, i) => [id, { from: i === 499 ? [] : [`m${i + 1}`] }])),
    );
    const models = all(await long.lineage('m0'));
    expect([models.length, models.at(-1)?.incomplete, models.at(-2)?.incomplete]).toEqual([100, true, false]);
  });
});
