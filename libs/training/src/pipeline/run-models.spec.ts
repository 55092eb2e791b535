import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePipeline } from '@open-chatgpt/pipeline';
import { baseOf } from '../testing/base-of';
import { tinyModel } from '../testing/tiny-model';
import { exportModel } from './export-model';
import { RunModels } from './run-models';

describe('the models of a run', () => {
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'run-models-'));
    const model = tinyModel();
    const base = await baseOf(model);
    for (const name of ['base', 'other'])
      await exportModel(join(folder, name), model, base, { baseName: 'base' });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Opens the reference of the first of some DPO stages twice. @param references a folder for each stage */
  async function referencesOf(references: readonly string[]) {
    const stages = references.map((name, i) => ({
      name: `dpo-${i}`,
      uses: 'dpo',
      models: { base: join(folder, 'base'), reference: join(folder, name) },
      with: { dataset: { path: 'pairs.jsonl' } },
    }));
    const file = { name: 'references', model: { path: join(folder, 'base') }, stages };
    const pipeline = parsePipeline(JSON.stringify(file), join(folder, 'pipeline.json'));
    const models = new RunModels(pipeline, { resolveModel: async (path) => path });
    const [stage] = pipeline.stages;
    const base = await models.languageModel(stage, 'base');
    const [first, second] = [
      await models.languageModel(stage, 'reference'),
      await models.languageModel(stage, 'reference'),
    ];
    return { base, first, second };
  }

  it('do not keep a reference that no later stage takes', async () => {
    const { base, first, second } = await referencesOf(['other']);
    expect(first).not.toBe(base);
    expect(second).not.toBe(first);
  });

  it('keep one that a later stage takes', async () => {
    const { first, second } = await referencesOf(['other', 'other']);
    expect(second).toBe(first);
  });

  it('have a reference that is the base in memory once', async () => {
    const { base, first } = await referencesOf(['base']);
    expect(first).toBe(base);
  });
});
