import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventPublisher } from '@open-chatgpt/messaging';
import type { RunningService } from '@open-chatgpt/service';
import { callGateway } from '../../testing/call-gateway';
import { publishEnd, publishSteps } from '../../testing/publish-run';
import { somePipeline, startGateway, until } from '../../testing/start-gateway';

describe('a gateway without a cluster', () => {
  let folder: string;
  let gateway: RunningService;

  const ask = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) =>
    callGateway(gateway.url, method, `/v1/${path}`, body);
  const submit = (pipelineId: string) => ask('POST', 'pipelines', { pipelineId, pipeline: somePipeline });
  const untilStep = (id: string, step: number) =>
    until(
      () => ask('GET', `runs/${id}-sft`),
      ({ body }) => body.step === step,
    );
  const events = () => gateway.app.get(EventPublisher);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'documents-'));
    gateway = await startGateway(folder);
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
  });

  it('cancels a deleted pipeline for good, and keeps its history', async () => {
    await submit('deleted');
    await publishSteps(events(), { pipelineId: 'deleted', stage: 'sft', steps: 1 });
    await untilStep('deleted', 1);
    const first = await ask('DELETE', 'pipelines/deleted');
    expect(first).toMatchObject({
      status: 200,
      body: { status: 'cancelled', deletedAt: expect.any(String) },
    });
    expect(await ask('DELETE', 'pipelines/deleted')).toEqual(first);
    expect((await ask('POST', 'pipelines/deleted/resume')).status).toBe(409);
    expect((await ask('GET', 'pipelines')).body.items).toHaveLength(1);
    expect((await ask('DELETE', 'pipelines/none')).status).toBe(404);
  });

  it('hands out the events of an attempt as its log, and follows it to its end', async () => {
    await submit('logged');
    const sft = { pipelineId: 'logged', stage: 'sft' as const };
    await publishSteps(events(), { ...sft, steps: 2 });
    await publishSteps(events(), { ...sft, steps: 3, from: 2, attempt: 2 });
    await untilStep('logged', 3);
    const open = (query: string) => fetch(`${gateway.url}/v1/runs/logged-sft/logs${query}`);
    const lines = async (query: string) => (await (await open(query)).text()).trimEnd().split('\n');
    expect(await lines('?attempt=1')).toEqual([
      expect.stringMatching(/^\S+Z run\.started \{"attempt":1,/),
      expect.stringMatching(/run\.progressed .*"step":1/),
      expect.stringMatching(/run\.progressed .*"step":2/),
    ]);
    expect(await lines('?tail=1')).toEqual([expect.stringMatching(/"attempt":2,.*"step":3/)]);
    expect(await (await open('?attempt=3')).json()).toMatchObject({
      status: 404,
      detail: 'the run "logged-sft" has been started 2 times',
    });
    const followed = lines('?follow=true');
    await publishEnd(events(), { ...sft, steps: 4, attempt: 2 });
    expect((await followed).at(-1)).toMatch(/run\.completed \{"attempt":2,"step":4/);
  });
});
