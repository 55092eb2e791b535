import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Platform } from '@open-chatgpt/cli';
import { parse, stringify } from 'yaml';
import { Api } from '../testing/api';
import { startEmbeddedPlatform } from '../testing/embedded-platform';
import { compile, openchat } from '../testing/openchat';
import { writeTinyPipeline } from '../testing/tiny-pipeline';
import { trainPlainly, trainThrough, weightsOf } from '../testing/train';

describe('training on ingested datasets', () => {
  let cwd: string;
  let platform: Platform;
  let api: Api;

  /** The tiny pipeline with packed conversations, on these datasets or its own. */
  const write = (name: string, sft?: string, pairs?: string): void => {
    const pipeline = parse(readFileSync(join(cwd, 'tiny.yaml'), 'utf8'));
    const [first, second, third] = pipeline.stages;
    first.with.packing = true;
    if (sft) first.with.dataset = { path: sft, evalFraction: 0.2 };
    if (pairs) second.with.dataset = { path: pairs, evalFraction: 0.2 };
    if (sft) third.with.prompts = { path: sft, evalFraction: 0.2 };
    writeFileSync(join(cwd, name), stringify(pipeline));
  };
  const expectSameWeights = (folder: string) => {
    for (const model of ['sft', 'reward', 'ppo'])
      expect(weightsOf(join(cwd, folder), model).equals(weightsOf(join(cwd, 'plain'), model))).toBe(true);
  };

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'ingested-'));
    platform = await startEmbeddedPlatform(cwd);
    api = new Api(platform.url);
    writeTinyPipeline(cwd);
    write('file.yaml');
    await trainPlainly(cwd, 'file.yaml', 'plain');
  }, 120_000);
  afterAll(async () => {
    await platform?.stop();
    rmSync(cwd, { recursive: true });
  });

  it('a folder of `openchat data ingest` gives the same weights as its rows, packed too', async () => {
    const ingest = async (adapter: string, kind: string, out: string, ...more: string[]) => {
      const format = ['--adapter', adapter, '--kind', kind, '--no-dedup'];
      const { code } = await openchat(['data', 'ingest', 'rows.jsonl', ...format, '-o', out, ...more], {
        cwd,
      });
      expect(code).toBe(0);
    };
    const tokenized = ['--model', 'plain/models/sft', '--max-length', '64', '--pack'];
    await ingest('alpaca', 'supervised', 'sets/sft', '--eval-fraction', '0.2', '--seed', '7', ...tokenized);
    await ingest('preference', 'preference', 'sets/pairs');
    write('folders.yaml', 'sets/sft', 'sets/pairs');
    await trainPlainly(cwd, 'folders.yaml', 'folders');
    expectSameWeights('folders');
  }, 120_000);

  it('rejects a wrong folder with the reason', async () => {
    write('wrong.yaml', 'sets/pairs', 'sets/pairs');
    const { code, stderr } = await openchat(['run', 'wrong.yaml', '--out', 'wrong'], { cwd });
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('holds preference examples; expected supervised'),
    ]);
    write('far.yaml', 'dataset:mine', 'dataset:pairs');
    const far = await openchat(['run', 'far.yaml', '--out', 'far'], { cwd });
    expect(far.stderr).toContain('dataset:mine names a dataset of the platform');
  }, 60_000);

  it('the platform trains the same weights on datasets named by id', async () => {
    write('ids.yaml', 'dataset:mine', 'dataset:pairs');
    const pipeline = readFileSync(join(cwd, 'ids.yaml'), 'utf8');
    const unknown = await api.post('/v1/pipelines', { pipeline });
    expect(unknown.status).toBe(400);
    expect(await unknown.json()).toMatchObject({
      detail: expect.stringContaining('there is no dataset "mine"'),
    });

    const source = join(cwd, 'rows.jsonl');
    const dedup = { exact: false, near: false };
    await api.post('/v1/datasets', {
      datasetId: 'mine',
      source,
      adapter: 'alpaca',
      options: { kind: 'supervised', dedup },
    });
    await api.post('/v1/datasets', { datasetId: 'pairs', source, adapter: 'preference', options: { dedup } });
    for (const id of ['mine', 'pairs']) expect(await api.dataset(id)).toMatchObject({ status: 'ready' });
    const { code, pipelineId } = await trainThrough(platform, cwd, 'ids.yaml');
    expect(code).toBe(0);
    expectSameWeights(join('runs', pipelineId));
    const model = await api.get<{ lineage: { datasets: string[] } }>(`/v1/models/${pipelineId}-ppo`);
    expect(model.lineage.datasets).toEqual(['mine']);
  }, 180_000);
});
