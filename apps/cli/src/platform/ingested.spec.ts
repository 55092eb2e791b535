import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { compile, jsonLines, openchat } from '../testing/openchat';
import { writeTinyPipeline } from '../testing/tiny-pipeline';
import { loadPlatformConfig, type Platform, startPlatform } from './start-platform';

describe('training on data sets that were ingested', () => {
  let cwd: string;
  let platform: Platform;

  /** The tiny pipeline with other data sets. */
  const write = (name: string, sft: string, pairs: string): void => {
    const pipeline = parse(readFileSync(join(cwd, 'tiny.yaml'), 'utf8'));
    pipeline.sft.dataset = { path: sft, evalFraction: 0.2 };
    pipeline.reward.dataset = { path: pairs, evalFraction: 0.2 };
    pipeline.ppo.prompts = { path: sft, evalFraction: 0.2 };
    writeFileSync(join(cwd, name), stringify(pipeline));
  };
  const weights = (folder: string, model: string) =>
    readFileSync(join(cwd, folder, 'models', model, 'model.safetensors'));
  const expectSameWeights = (folder: string) => {
    for (const model of ['sft', 'reward', 'policy'])
      expect(weights(folder, model).equals(weights('plain', model))).toBe(true);
  };
  const post = (path: string, body: object) =>
    fetch(`${platform.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'ingested-'));
    const config = loadPlatformConfig({
      OPEN_CHATGPT_PORT: '0',
      OPEN_CHATGPT_STORE: join(cwd, 'store'),
      OPEN_CHATGPT_WORK_DIR: cwd,
      OPEN_CHATGPT_LOG_LEVEL: 'fatal',
      OPEN_CHATGPT_DATASETS_FROM_FILES: 'true',
    });
    platform = await startPlatform(config);
    writeTinyPipeline(cwd);
    expect(await openchat(['run', 'tiny.yaml', '--out', 'plain'], { cwd })).toMatchObject({ code: 0 });
  }, 120_000);
  afterAll(async () => {
    await platform.stop();
    rmSync(cwd, { recursive: true });
  });

  it('a folder that `openchat data ingest` wrote trains what its rows train', async () => {
    const ingest = (adapter: string, kind: string, out: string) =>
      openchat(
        ['data', 'ingest', 'rows.jsonl', '--adapter', adapter, '--kind', kind, '--no-dedup', '-o', out],
        { cwd },
      );
    expect((await ingest('alpaca', 'supervised', 'sets/sft')).code).toBe(0);
    expect((await ingest('preference', 'preference', 'sets/pairs')).code).toBe(0);
    write('folders.yaml', 'sets/sft', 'sets/pairs');
    expect(await openchat(['run', 'folders.yaml', '--out', 'folders'], { cwd })).toMatchObject({ code: 0 });
    expectSameWeights('folders');
  }, 120_000);

  it('says what is wrong with a folder', async () => {
    write('wrong.yaml', 'sets/pairs', 'sets/pairs');
    const { code, stderr } = await openchat(['run', 'wrong.yaml', '--out', 'wrong'], { cwd });
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('holds preference examples; expected supervised'),
    ]);
    write('far.yaml', 'dataset:mine', 'dataset:pairs');
    const far = await openchat(['run', 'far.yaml', '--out', 'far'], { cwd });
    expect(far.stderr).toContain('dataset:mine names a data set of the platform');
  }, 60_000);

  it('so does the platform, by their ids', async () => {
    write('ids.yaml', 'dataset:mine', 'dataset:pairs');
    const pipeline = readFileSync(join(cwd, 'ids.yaml'), 'utf8');
    const unknown = await post('/v1/pipelines', { pipeline });
    expect(unknown.status).toBe(400);
    expect(await unknown.json()).toMatchObject({
      detail: expect.stringContaining('there is no data set "mine"'),
    });

    const source = join(cwd, 'rows.jsonl');
    const dedup = { exact: false, near: false };
    await post('/v1/datasets', {
      datasetId: 'mine',
      source,
      adapter: 'alpaca',
      options: { kind: 'supervised', dedup },
    });
    await post('/v1/datasets', { datasetId: 'pairs', source, adapter: 'preference', options: { dedup } });
    for (const id of ['mine', 'pairs']) {
      let status = 'requested';
      while (status === 'requested') {
        ({ status } = (await (await fetch(`${platform.url}/v1/datasets/${id}`)).json()) as {
          status: string;
        });
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(status).toBe('ready');
    }
    const { code, stdout } = await openchat(['run', 'ids.yaml', '--gateway', platform.url, '--json'], {
      cwd,
    });
    expect(code).toBe(0);
    const { pipelineId } = jsonLines(stdout).at(-1) as { pipelineId: string };
    expectSameWeights(join('runs', pipelineId));
    const model = (await (await fetch(`${platform.url}/v1/models/${pipelineId}-ppo`)).json()) as {
      lineage: { datasets: string[] };
    };
    expect(model.lineage.datasets).toEqual(['mine']);
  }, 180_000);
});
