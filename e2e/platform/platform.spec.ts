import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Platform } from '@open-chatgpt/cli';
import { Api } from '../testing/api';
import { startEmbeddedPlatform } from '../testing/embedded-platform';
import { compile, jsonLines, openchat } from '../testing/openchat';
import { writeTinyPipeline } from '../testing/tiny-pipeline';
import { figuresOf, settings, trainPlainly, trainThrough, weightsOf } from '../testing/train';
import { until } from '../testing/until';

describe('all services in one process', () => {
  let cwd: string;
  let platform: Platform;
  let api: Api;

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'platform-'));
    platform = await startEmbeddedPlatform(cwd);
    api = new Api(platform.url);
  }, 120_000);
  afterAll(async () => {
    await platform?.stop();
    rmSync(cwd, { recursive: true });
  });

  it('trains the same bytes as the plain loops', async () => {
    writeTinyPipeline(cwd);
    await trainPlainly(cwd, 'tiny.yaml', 'plain');
    const { code, lines, pipelineId, status } = await trainThrough(platform, cwd, 'tiny.yaml');
    expect([code, status]).toEqual([0, 'completed']);
    const finished = lines.filter(({ type }) => type === 'finished').map(({ stage }) => stage);
    expect(finished).toEqual(['sft', 'reward', 'ppo']);
    const [run, plain] = [join(cwd, 'runs', pipelineId), join(cwd, 'plain')];
    for (const model of ['sft', 'reward', 'ppo'])
      expect(weightsOf(run, model).equals(weightsOf(plain, model))).toBe(true);
    expect(figuresOf(run)).toMatchObject([{ name: 'sft' }, { name: 'reward' }, { name: 'ppo' }]);
    expect(figuresOf(run)).toEqual(figuresOf(plain));
  }, 120_000);

  it('ends as a run on this machine: figures, report, the next commands', async () => {
    const { items } = await api.get<{ items: { pipelineId: string }[] }>('/v1/pipelines');
    const [{ pipelineId }] = items;
    const elsewhere = join(cwd, 'elsewhere');
    mkdirSync(elsewhere);
    const { code, stdout } = await openchat(['watch', pipelineId, '--gateway', platform.url], {
      cwd: elsewhere,
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^stage +measure +before +after$/m);
    expect(stdout).toContain(`Report: runs/${pipelineId}/report.html\n`);
    const model = `store:${pipelineId}-ppo`;
    expect(stdout).toMatch(new RegExp(`OPEN_CHATGPT_STORE=/\\S+ .*chat --model ${model}$`, 'm'));
    const folder = join(elsewhere, 'runs', pipelineId);
    const ours = figuresOf(join(cwd, 'runs', pipelineId));
    expect(figuresOf(folder)).toMatchObject(ours.map(({ figures }) => ({ figures })));
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('<!doctype html>');
    const args = ['model', 'export', pipelineId, '--to', 'out', '--dtype', 'fp32', '--gateway', platform.url];
    expect((await openchat(args, { cwd: elsewhere })).stderr).toBe('');
    const exported = readFileSync(join(elsewhere, 'out', 'model.safetensors'));
    expect(exported.length).toBeGreaterThan(0);
    expect(exported.equals(weightsOf(join(cwd, 'runs', pipelineId), 'ppo'))).toBe(true);
  }, 60_000);

  it('serves the model that was trained last', async () => {
    const inference = new Api(platform.inferenceUrl);
    await until(async () => (await inference.get<{ data: object[] }>('/v1/models')).data.length > 0);
    const response = await inference.post('/v1/chat/completions', {
      model: 'latest',
      messages: [{ role: 'user', content: 'say apple' }],
      max_tokens: 8,
    });
    expect(await response.json()).toMatchObject({
      choices: [{ message: { role: 'assistant', content: expect.any(String) } }],
      usage: { prompt_tokens: 11 },
    });
  });

  it('records the lineage of the models', async () => {
    const { items } = await api.get<{ items: { modelId: string; algorithm: string }[] }>('/v1/models');
    const ppo = items.find(({ algorithm }) => algorithm === 'ppo')!;
    const rows = join(cwd, 'rows.jsonl');
    const sft = { model: { algorithm: 'sft' }, run: { status: 'completed' }, sources: [rows], parents: [] };
    const lineage = await api.get<{ parents: { model: object }[] }>(`/v1/models/${ppo.modelId}/lineage`);
    expect(lineage).toMatchObject({
      model: { algorithm: 'ppo' },
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
        model: expect.objectContaining({ kind: 'reward-model' }),
        parents: [expect.objectContaining({ model: expect.objectContaining(sft.model) })],
      }),
    );
    const { items: checkpoints } = await api.get<{ items: { stage: string }[] }>(
      '/v1/checkpoints?limit=1000',
    );
    expect(new Set(checkpoints.map(({ stage }) => stage))).toEqual(new Set(['sft', 'reward', 'ppo']));
  });

  it('trains a reward model on preferences that users submitted', async () => {
    const rows = jsonLines(readFileSync(join(cwd, 'rows.jsonl'), 'utf8'));
    const preferences = rows.map(({ instruction, chosen, rejected }) => ({
      datasetId: 'judged',
      prompt: [{ role: 'user', content: instruction }],
      chosen,
      rejected,
    }));
    const answer = await api.post('/v1/preferences', preferences);
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
    expect((await api.post('/v1/datasets', request)).status).toBe(202);
    expect(await api.dataset('judged')).toMatchObject({ status: 'ready', kind: 'preference' });
    const changes = settings('ppo=null', 'reward.dataset={path: "dataset:judged"}');
    const { code, pipelineId, status } = await trainThrough(platform, cwd, 'tiny.yaml', changes);
    expect([code, status]).toEqual([0, 'completed']);
    expect(await api.get(`/v1/models/${pipelineId}-reward/lineage`)).toMatchObject({
      datasets: [{ datasetId: 'judged', source: file, status: 'ready' }],
      run: { stage: 'reward', inputs: { datasets: ['judged'] } },
      checkpoint: { stage: 'reward' },
      parents: [{ model: { algorithm: 'sft' } }],
    });
  }, 120_000);

  it('rejects a wrong pipeline with the reason, and one that does not exist', async () => {
    const refused = await api.post('/v1/pipelines', { pipeline: 'name: x' });
    expect(refused.status).toBe(400);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(await refused.json()).toMatchObject({
      status: 400,
      detail: expect.stringContaining('model: missing'),
    });
    expect((await api.post('/v1/pipelines', { pipelin: {} })).status).toBe(400);
    expect((await fetch(`${platform.url}/v1/pipelines/none`)).status).toBe(404);
    expect((await api.post('/v1/pipelines/none/cancel', {})).status).toBe(404);
  });

  it('accepts a pipeline id once', async () => {
    const broken = {
      name: 'x',
      model: { path: join(cwd, 'nowhere') },
      stages: [{ uses: 'sft', with: { dataset: { path: 'builtin:tasks', limit: 4 } } }],
    };
    expect((await api.post('/v1/pipelines', { pipeline: broken, pipelineId: 'once' })).status).toBe(201);
    expect((await api.post('/v1/pipelines', { pipeline: broken, pipelineId: 'once' })).status).toBe(409);
  });

  it('a stage that cannot start fails its pipeline with the reason', async () => {
    const found = () => api.get<{ status?: string }>('/v1/pipelines/once');
    await until(async () => (await found()).status !== 'running');
    expect(await found()).toMatchObject({
      status: 'failed',
      stages: [
        { stage: 'sft', status: 'failed', error: { message: expect.stringContaining(join(cwd, 'nowhere')) } },
      ],
    });
  });
});
