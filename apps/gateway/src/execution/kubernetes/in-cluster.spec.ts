import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeClient } from '@open-chatgpt/kube';
import { FakeApiServer } from '@open-chatgpt/kube/testing';
import { EventPublisher } from '@open-chatgpt/messaging';
import { API_VERSION, RESUME_ANNOTATION, type RlhfPipeline } from '@open-chatgpt/resources';
import type { RunningService } from '@open-chatgpt/service';
import { callGateway } from '../../testing/call-gateway';
import { publishEnd, publishSteps, unstoredDataref } from '../../testing/publish-run';
import { somePipeline, startGateway, until } from '../../testing/start-gateway';
import { watch } from '../../testing/watch';
import { kinds } from './kinds';

type Body = Record<string, unknown>;

const namespace = 'team';

const suspended = {
  conditions: [
    {
      type: 'Suspended',
      status: 'True',
      reason: 'Suspended',
      message: 'there are no pods',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ],
};

describe('a gateway in a cluster', () => {
  let folder: string;
  let server: FakeApiServer;
  let client: KubeClient;
  let gateway: RunningService;
  const environment = { ...process.env };

  const start = () =>
    startGateway(folder, {
      OPEN_CHATGPT_RESOURCES: `kubernetes:${namespace}`,
    });
  const ask = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) =>
    callGateway(gateway.url, method, `/v1/${path}`, body);
  const submit = (pipelineId: string, changes: object = {}) =>
    ask('POST', 'pipelines', { pipelineId, pipeline: { ...somePipeline, ...changes } });
  const untilPipeline = (id: string, expected: (body: Body) => boolean) =>
    until(async () => (await ask('GET', `pipelines/${id}`)).body, expected, 10);
  const untilStep = (id: string, step: number) =>
    untilPipeline(id, ({ stages }) => (stages as { step: number }[])?.[0].step === step);
  const resource = (name: string) => client.get(kinds.pipelines, { namespace, name });
  const patch = (name: string, changes: object) =>
    client.mergePatch(kinds.pipelines, { namespace, name }, changes);
  const remove = (name: string) => client.delete(kinds.pipelines, { namespace, name });
  const events = () => gateway.app.get(EventPublisher);
  /** As kubectl apply. */
  const apply = (name: string, spec: object = {}) =>
    client.create(kinds.pipelines, {
      apiVersion: API_VERSION,
      kind: 'RlhfPipeline',
      metadata: { name, namespace },
      spec: { model: { scratch: {} }, stages: somePipeline.stages, suspend: false, ...spec },
    } as unknown as RlhfPipeline);
  /** As the operator. */
  const report = async (name: string, phase: string, stage: object, more: object = {}) => {
    const { metadata } = await resource(name);
    const status = {
      // The fake server counts a status as a new generation.
      observedGeneration: metadata.generation + 1,
      phase,
      resumeRequest: metadata.annotations?.[RESUME_ANNOTATION],
      stages: [{ name: 'sft', ...stage }],
      ...more,
    };
    await client.mergePatch(kinds.pipelines, metadata, { status }, { subresource: 'status' });
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'in-cluster-'));
    server = await FakeApiServer.start();
    client = new KubeClient({ connection: server.connection() });
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'c' },
      clusters: [
        { name: 'c', cluster: { server: server.connection().server.href, 'insecure-skip-tls-verify': true } },
      ],
      users: [{ name: 'c', user: { token: 'none' } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
    };
    process.env['KUBECONFIG'] = join(folder, 'kubeconfig');
    writeFileSync(process.env['KUBECONFIG'], JSON.stringify(config));
    gateway = await start();
  });
  afterAll(async () => {
    await gateway?.stop();
    client.close();
    await server.stop();
    process.env = environment;
    rmSync(folder, { recursive: true });
  });

  it('makes a resource of a submitted pipeline, and requests nothing itself', async () => {
    expect(await submit('first')).toMatchObject({
      status: 201,
      body: { pipelineId: 'first', name: 'some', status: 'running', resource: { namespace, name: 'first' } },
    });
    const { spec } = await resource('first');
    expect(spec).toMatchObject({ pipelineId: 'first', seed: 42, stages: [{ name: 'sft', uses: 'sft' }] });
    expect(spec).not.toHaveProperty('name');
    expect((await ask('GET', 'runs')).body.items).toEqual([]);
    expect(await submit('first')).toMatchObject({ status: 409 });
  });

  it.each([
    ['First', /"First" names a resource of the cluster: expected lower-case/],
    ['a.b', /at most 48 beside the names of the stages/],
    ['a'.repeat(49), /names a resource/],
  ])('refuses the id %s, which is no name', async (id, message) => {
    expect(await submit(id)).toMatchObject({
      status: 400,
      body: { detail: expect.stringMatching(message), errors: [{ field: 'pipelineId' }] },
    });
  });

  it('says which field the API server refuses', async () => {
    const causes = [{ field: 'spec.stages[0].with.numTrainEpochs', message: 'should be less than 10' }];
    const status = { kind: 'Status', message: 'invalid', details: { causes } };
    const isCreation = ({ method }: { method: string }) => method === 'POST';
    server.misbehave(isCreation, { status: 422, body: { ...status, reason: 'Invalid' } });
    expect(await submit('refused')).toMatchObject({
      status: 400,
      body: {
        errors: [{ field: 'pipeline.stages[0].with.numTrainEpochs', message: 'should be less than 10' }],
      },
    });
    const quota = { kind: 'Status', reason: 'Forbidden', message: 'exceeded quota: pipelines' };
    server.misbehave(isCreation, { status: 403, body: quota });
    expect(await submit('refused')).toMatchObject({
      status: 403,
      body: { detail: 'the cluster refuses: exceeded quota: pipelines' },
    });
    expect((await ask('GET', 'pipelines/refused')).status).toBe(404);
  });

  it('shows what kubectl applies, with events that came before it', async () => {
    await publishSteps(events(), { pipelineId: 'applied', stage: 'sft', steps: 3 });
    await until(
      () => ask('GET', 'runs/applied-sft'),
      ({ body }) => body.step === 3,
    );
    const { metadata } = await apply('applied', { pipelineId: 'applied' });
    expect(await untilStep('applied', 3)).toMatchObject({
      name: 'applied',
      status: 'running',
      resource: { name: 'applied', uid: metadata.uid },
      config: { stages: [{ name: 'sft', with: { numTrainEpochs: 3 } }] },
    });
    await publishEnd(events(), { pipelineId: 'applied', stage: 'sft', steps: 4 });
    await untilPipeline('applied', ({ status }) => status === 'completed');
    await report('applied', 'Complete', { status: 'completed' });
    const unnamed = await apply('unnamed');
    await untilPipeline(`unnamed-${unnamed.metadata.uid.slice(0, 8)}`, ({ status }) => status === 'running');
  });

  it('suspends a cancelled pipeline, which ends when its pods have ended, and resumes it', async () => {
    await submit('paused');
    await publishSteps(events(), { pipelineId: 'paused', stage: 'sft', steps: 2 });
    await untilStep('paused', 2);
    expect(await ask('POST', 'pipelines/paused/cancel')).toMatchObject({ body: { status: 'cancelled' } });
    expect((await resource('paused')).spec.suspend).toBe(true);
    const seen = watch(gateway.url, 'paused');
    await report('paused', 'Suspended', { status: 'running' }, suspended);
    expect((await seen).slice(-2)).toMatchObject([
      { type: 'run.cancelled', data: { attempt: 1, step: 2 } },
      { type: 'pipeline', data: { status: 'cancelled', stages: [{ status: 'cancelled' }] } },
    ]);
    expect(await ask('POST', 'pipelines/paused/resume')).toMatchObject({
      body: { status: 'running', resumed: 1, stages: [{ status: 'waiting' }] },
    });
    const { spec, metadata } = await resource('paused');
    expect(spec.suspend).toBe(false);
    expect(metadata.annotations?.[RESUME_ANNOTATION]).toBeUndefined();
  });

  it('follows kubectl, which suspends and resumes', async () => {
    await submit('other');
    await patch('other', { spec: { suspend: true } });
    await untilPipeline('other', ({ status }) => status === 'cancelled');
    await patch('other', { spec: { suspend: false } });
    await untilPipeline('other', ({ status, resumed }) => status === 'running' && resumed === 1);
  });

  it('learns from the resource of a failure that no worker reports, and asks to resume', async () => {
    await submit('oom');
    await publishSteps(events(), { pipelineId: 'oom', stage: 'sft', steps: 2 });
    await untilStep('oom', 2);
    const error = { code: 'OOMKilled', message: 'exit code 137' };
    await report('oom', 'Failed', { status: 'failed', error });
    const failed = await untilPipeline('oom', ({ status }) => status === 'failed');
    expect(failed).toMatchObject({ stages: [{ status: 'failed', error, attempt: 1 }] });
    expect((await ask('GET', 'runs/oom-sft')).body).toMatchObject({ status: 'failed', error });
    await ask('POST', 'pipelines/oom/resume');
    expect((await resource('oom')).metadata.annotations?.[RESUME_ANNOTATION]).toMatch(/^[0-9a-f]{32}$/);
    expect((await ask('GET', 'runs/oom-sft')).body).toMatchObject({ status: 'waiting' });
    await report('oom', 'Complete', { status: 'completed', model: unstoredDataref('oom') });
    await untilPipeline('oom', ({ status }) => status === 'completed');
  });

  it('fails a pipeline that the operator refuses before its first stage', async () => {
    await apply('wrong', { pipelineId: 'wrong', stages: [{ uses: 'ppo' }] });
    await untilPipeline('wrong', ({ status }) => status === 'running');
    const message = 'ppo: needs a reward model';
    const condition = { type: 'Failed', status: 'True', reason: 'ValidationFailed', message };
    await report('wrong', 'Failed', {}, { stages: [], conditions: [condition] });
    expect(await untilPipeline('wrong', ({ status }) => status === 'failed')).toMatchObject({
      stages: [{ stage: 'ppo', error: { code: 'ValidationFailed', message } }],
    });
  });

  it('cancels a pipeline whose resource is deleted, and keeps its history', async () => {
    await submit('deleted');
    await publishSteps(events(), { pipelineId: 'deleted', stage: 'sft', steps: 2 });
    await untilStep('deleted', 2);
    await remove('deleted');
    const seen = await watch(gateway.url, 'deleted');
    expect(seen.at(-1)).toMatchObject({
      type: 'pipeline',
      data: { status: 'cancelled', deletedAt: expect.any(String), stages: [{ status: 'cancelled' }] },
    });
    expect(seen.filter(({ type }) => type === 'run.progressed')).toHaveLength(2);
    expect(await ask('POST', 'pipelines/deleted/resume')).toMatchObject({
      status: 409,
      body: { detail: 'the pipeline "deleted" was deleted; submit it again' },
    });
  });

  it('keeps the end of a pipeline that is deleted right after it', async () => {
    await submit('brief');
    await report('brief', 'Complete', { status: 'completed' });
    await remove('brief');
    const ended = await untilPipeline('brief', ({ deletedAt }) => deletedAt !== undefined);
    expect(ended).toMatchObject({ status: 'completed' });
  });

  it('deletes the resource of a deleted pipeline', async () => {
    await submit('removed');
    expect(await ask('DELETE', 'pipelines/removed')).toMatchObject({
      status: 200,
      body: { status: 'cancelled', deletedAt: expect.any(String) },
    });
    expect(await client.find(kinds.pipelines, { namespace, name: 'removed' })).toBeUndefined();
    expect((await ask('DELETE', 'pipelines/removed')).status).toBe(200);
  });

  it('goes on with a pipeline that is made again under its id', async () => {
    await apply('again', { pipelineId: 'again' });
    await untilPipeline('again', ({ status }) => status === 'running');
    await remove('again');
    await untilPipeline('again', ({ deletedAt }) => deletedAt !== undefined);
    const { metadata } = await apply('again', { pipelineId: 'again' });
    const made = await untilPipeline('again', ({ status }) => status === 'running');
    expect(made).toMatchObject({ resumed: 1, resource: { uid: metadata.uid } });
    expect(made.deletedAt).toBeUndefined();
  });

  it('notices after a restart what was applied, suspended and deleted meanwhile', async () => {
    for (const id of ['gone', 'stays']) await submit(id);
    await publishSteps(events(), { pipelineId: 'gone', stage: 'sft', steps: 1 });
    await untilStep('gone', 1);
    await gateway.stop();
    await remove('gone');
    await patch('stays', { spec: { suspend: true } });
    await apply('new', { pipelineId: 'new' });
    gateway = await start();
    await untilPipeline('gone', ({ status }) => status === 'cancelled');
    await untilPipeline('stays', ({ status }) => status === 'cancelled');
    await untilPipeline('new', ({ status }) => status === 'running');
    expect((await watch(gateway.url, 'gone')).at(-2)).toMatchObject({ type: 'run.cancelled' });
  });

  it('hands out the log of the pod of an attempt', async () => {
    await submit('logged');
    await publishSteps(events(), { pipelineId: 'logged', stage: 'sft', steps: 1 });
    await untilStep('logged', 1);
    const read = async (query = '') => (await fetch(`${gateway.url}/v1/runs/logged-sft/logs${query}`)).text();
    expect(await read()).toMatch(/has no pod of the role trainer \(any more\)/);
    const labels = { 'open-chatgpt.io/run-id': 'logged-sft', 'open-chatgpt.io/role': 'trainer' };
    for (const name of ['w', 'later']) {
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels } };
      await client.create(kinds.pods, { ...pod, status: { phase: 'Running' } });
      const body = `one\nof ${name}`;
      server.misbehave(({ path }) => path.endsWith(`/pods/${name}/log`), { status: 200, body }, 2);
    }
    expect(await read('?attempt=1&follow=true')).toBe('one\nof w\n');
    expect(await read('?attempt=2')).toMatch(/has no attempt 2; it has been started 1 times/);
  });

  it('makes Datasets of requests, and hands the manifest of a ready one to a pipeline', async () => {
    const request = { datasetId: 'My_rows', source: 'https://example.org/rows.jsonl' };
    const ingest = async () => (await ask('POST', 'datasets', request)).status;
    expect(await ingest()).toBe(202);
    const { items } = await client.list(kinds.datasets, { namespace });
    expect(items).toMatchObject([{ spec: { ...request, options: {} } }]);
    const [{ metadata }] = items;
    expect(metadata.name).toMatch(/^my-rows-[0-9a-f]{8}$/);
    expect(await ingest()).toBe(202);
    expect((await client.list(kinds.datasets, { namespace })).items[0].metadata.uid).toBe(metadata.uid);

    const untilDataset = (status: string) =>
      until(
        () => ask('GET', 'datasets/My_rows'),
        ({ body }) => body.status === status,
      );
    const error = { code: 'IngestionFailed', message: 'not found', retryable: false };
    await events().publish('dataset.failed', { datasetId: 'My_rows', error });
    await untilDataset('failed');
    expect(await ingest()).toBe(202);
    expect((await client.list(kinds.datasets, { namespace })).items[0].metadata.uid).not.toBe(metadata.uid);

    const manifest = unstoredDataref('rows');
    await events().publish('dataset.ready', {
      ...{ datasetId: 'My_rows', kind: 'supervised', manifest },
      ...{ rows: { read: 1, kept: 1, dropped: {} }, examples: { train: 1, eval: 0 } },
    });
    await untilDataset('ready');
    const stages = [{ uses: 'sft', with: { dataset: { path: 'dataset:My_rows' } } }];
    expect((await submit('pinned', { stages })).status).toBe(201);
    expect((await resource('pinned')).spec.inputs).toEqual({ datasets: { My_rows: manifest } });
  });

  it('answers while the API server is away, and follows it afterwards', async () => {
    await submit('away');
    await server.stop();
    expect((await ask('GET', 'pipelines/away')).body).toMatchObject({ status: 'running' });
    expect((await fetch(`${gateway.url}/health/ready`)).status).toBe(200);
    await server.listen();
    await remove('away');
    await untilPipeline('away', ({ status }) => status === 'cancelled');
  });
});
