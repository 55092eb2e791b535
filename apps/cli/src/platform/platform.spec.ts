import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, jsonLines, openchat } from '../testing/openchat';
import { writeTinyPipeline } from '../testing/tiny-pipeline';
import { loadPlatformConfig, type Platform, startPlatform } from './start-platform';

describe('all services in one process', () => {
  let cwd: string;
  let platform: Platform;
  const post = (path: string, body: object) =>
    fetch(`${platform.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'platform-'));
    const config = loadPlatformConfig({
      OPEN_CHATGPT_PORT: '0',
      OPEN_CHATGPT_STORE: join(cwd, 'store'),
      OPEN_CHATGPT_WORK_DIR: cwd,
      OPEN_CHATGPT_LOG_LEVEL: 'fatal',
      OPEN_CHATGPT_DATASETS_FROM_FILES: 'true',
    });
    platform = await startPlatform(config);
  });
  afterAll(async () => {
    await platform.stop();
    rmSync(cwd, { recursive: true });
  });

  it('trains what the plain loops train, to the same bytes', async () => {
    writeTinyPipeline(cwd);
    expect(await openchat(['run', 'tiny.yaml', '--out', 'plain'], { cwd })).toMatchObject({ code: 0 });
    const { code, stdout } = await openchat(['run', 'tiny.yaml', '--gateway', platform.url, '--json'], {
      cwd,
    });
    expect(code).toBe(0);
    const lines = jsonLines(stdout);
    const pipeline = lines.at(-1) as { pipelineId: string; status: string };
    expect(pipeline.status).toBe('completed');
    expect(lines.filter(({ type }) => type === 'finished').map(({ stage }) => stage)).toEqual([
      'sft',
      'reward',
      'ppo',
    ]);
    const run = join(cwd, 'runs', pipeline.pipelineId);
    for (const model of ['sft', 'reward', 'policy']) {
      const weights = (folder: string) => readFileSync(join(folder, 'models', model, 'model.safetensors'));
      expect(weights(run).equals(weights(join(cwd, 'plain')))).toBe(true);
    }
    const report = (folder: string) => {
      const { sft, reward, ppo } = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
      return [sft, reward, ppo].map(({ tokensPerSecond: _, timeShares: __, ...figures }) => figures);
    };
    expect(report(run)).toEqual(report(join(cwd, 'plain')));
  }, 120_000);

  it('serves what was trained last', async () => {
    const models = async () => {
      const { data } = (await (await fetch(`${platform.inferenceUrl}/v1/models`)).json()) as {
        data: object[];
      };
      return data.length;
    };
    for (let tries = 0; tries < 200 && (await models()) === 0; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const response = await fetch(`${platform.inferenceUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'latest',
        messages: [{ role: 'user', content: 'say apple' }],
        max_tokens: 8,
      }),
    });
    expect(await response.json()).toMatchObject({
      choices: [{ message: { role: 'assistant', content: expect.any(String) } }],
      usage: { prompt_tokens: 11 },
    });
  });

  it('knows where the models come from', async () => {
    const get = async (path: string) => (await fetch(`${platform.url}${path}`)).json();
    const { items } = (await get('/v1/models?stage=ppo')) as { items: { modelId: string }[] };
    const rows = join(cwd, 'rows.jsonl');
    const sft = { model: { stage: 'sft' }, run: { status: 'completed' }, sources: [rows], parents: [] };
    const lineage = (await get(`/v1/models/${items[0].modelId}/lineage`)) as { parents: { model: object }[] };
    expect(lineage).toMatchObject({
      model: { stage: 'ppo' },
      run: { stage: 'ppo', status: 'completed', step: 4 },
      checkpoint: { stage: 'ppo' },
      sources: [rows],
    });
    expect(lineage.parents).toHaveLength(2);
    expect(lineage.parents).toContainEqual(
      expect.objectContaining({
        ...sft,
        model: expect.objectContaining(sft.model),
        run: expect.objectContaining(sft.run),
      }),
    );
    expect(lineage.parents).toContainEqual(
      expect.objectContaining({
        model: expect.objectContaining({ stage: 'reward' }),
        parents: [expect.objectContaining({ model: expect.objectContaining(sft.model) })],
      }),
    );
    const { items: checkpoints } = (await get('/v1/checkpoints?limit=1000')) as {
      items: { stage: string }[];
    };
    expect(new Set(checkpoints.map(({ stage }) => stage))).toEqual(new Set(['sft', 'reward', 'ppo']));
  });

  it('preferences that were sent in train a reward model', async () => {
    const rows = jsonLines(readFileSync(join(cwd, 'rows.jsonl'), 'utf8'));
    const preferences = rows.map(({ instruction, chosen, rejected }) => ({
      datasetId: 'judged',
      prompt: [{ role: 'user', content: instruction }],
      chosen,
      rejected,
    }));
    const answer = await post('/v1/preferences', preferences);
    expect(await answer.json()).toMatchObject({ accepted: rows.length, duplicates: 0 });
    const exported = await (await fetch(`${platform.url}/v1/preferences/judged/export`)).text();
    const file = join(cwd, 'judged.jsonl');
    writeFileSync(file, exported);
    const request = {
      datasetId: 'judged',
      source: file,
      adapter: 'preference',
      options: { kind: 'preference' },
    };
    expect((await post('/v1/datasets', request)).status).toBe(202);
    const get = async (path: string) => (await fetch(`${platform.url}${path}`)).json();
    let dataset = (await get('/v1/datasets/judged')) as { status: string };
    while (dataset.status === 'requested') {
      await new Promise((resolve) => setTimeout(resolve, 50));
      dataset = (await get('/v1/datasets/judged')) as { status: string };
    }
    expect(dataset).toMatchObject({ status: 'ready', kind: 'preference' });
    const changes = ['ppo=null', 'reward.dataset={path: "dataset:judged"}'].flatMap((one) => ['--set', one]);
    const { code, stdout } = await openchat(
      ['run', 'tiny.yaml', '--gateway', platform.url, '--json', ...changes],
      { cwd },
    );
    expect(code).toBe(0);
    const ended = jsonLines(stdout).at(-1) as { pipelineId: string; status: string };
    expect(ended.status).toBe('completed');
    expect(await get(`/v1/models/${ended.pipelineId}-reward/lineage`)).toMatchObject({
      datasets: [{ datasetId: 'judged', source: file, status: 'ready' }],
      run: { stage: 'reward', inputs: { datasets: ['judged'] } },
      checkpoint: { stage: 'reward' },
      parents: [{ model: { stage: 'sft' } }],
    });
  }, 120_000);

  it('tells what is wrong with a pipeline, and of one that there is not', async () => {
    const refused = await post('/v1/pipelines', { pipeline: 'name: x' });
    expect(refused.status).toBe(400);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(await refused.json()).toMatchObject({
      status: 400,
      detail: expect.stringContaining('model: missing'),
    });
    expect((await post('/v1/pipelines', { pipelin: {} })).status).toBe(400);
    expect((await fetch(`${platform.url}/v1/pipelines/none`)).status).toBe(404);
    expect((await post('/v1/pipelines/none/cancel', {})).status).toBe(404);
  });

  it('submits an id once', async () => {
    const broken = {
      name: 'x',
      model: { path: '/nowhere' },
      sft: { dataset: { path: 'builtin:tasks', limit: 4 } },
    };
    expect((await post('/v1/pipelines', { pipeline: broken, pipelineId: 'once' })).status).toBe(201);
    expect((await post('/v1/pipelines', { pipeline: broken, pipelineId: 'once' })).status).toBe(409);
  });

  it('a stage that cannot begin fails its pipeline with the reason', async () => {
    const found = async (): Promise<{ status?: string }> =>
      (await fetch(`${platform.url}/v1/pipelines/once`)).json() as Promise<{ status?: string }>;
    for (let tries = 0; tries < 100 && (await found()).status === 'running'; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await found()).toMatchObject({
      status: 'failed',
      stages: [{ stage: 'sft', status: 'failed', error: { message: expect.stringContaining('/nowhere') } }],
    });
  });
});
