import { type Cluster, sharedCluster, TIMEOUT } from '@open-chatgpt/tools/cluster/cluster.cjs';
import {
  applyCrds,
  completedMessage,
  conditionOf,
  isTrue,
  type OperatorProcess,
  type Resource,
  rlhfPipeline,
  startOperator,
} from './testing/operator';

describe('a pipeline on simulated GPU nodes', () => {
  const cluster: Cluster = sharedCluster();
  let namespace: string;
  let nodes: string[];
  let operator: OperatorProcess;

  beforeAll(async () => {
    await applyCrds(cluster);
    namespace = await cluster.createNamespace('pipeline');
    nodes = await cluster.addGpuNodes({ prefix: namespace, count: 2, gpus: 8, labels: { spec: namespace } });
    operator = await startOperator(cluster, { namespace });
  });
  afterAll(async () => {
    await operator?.stop();
    await cluster.removeNodes(nodes ?? []);
  });

  const apply = (resource: object) => cluster.apply(resource, { namespace });
  const get = (kind: string, name: string) => cluster.json<Resource>(['get', kind, name], { namespace });
  const wait = (kind: string, name: string, condition: string) =>
    cluster.kubectl(['wait', `--for=condition=${condition}`, `${kind}/${name}`, TIMEOUT], {
      namespace,
    });

  it('goes through its stages as Jobs on GPU nodes', async () => {
    const trainer = { nodeSelector: { spec: namespace }, gpus: 1 };
    await apply(rlhfPipeline({ name: 'whole', spec: { trainer } }));
    await wait('rlhf', 'whole', 'Complete');
    const pipeline = await get('rlhf', 'whole');
    expect(pipeline.status).toMatchObject({
      phase: 'Complete',
      observedGeneration: 1,
      progressPercent: 100,
      stageIndex: '3/3',
      model: { version: 'whole' },
      stages: [
        { name: 'sft', algorithm: 'sft', status: 'completed', runName: 'whole-sft' },
        { name: 'reward', algorithm: 'reward', status: 'completed', runName: 'whole-reward' },
        { name: 'ppo', algorithm: 'ppo', status: 'completed', runName: 'whole-ppo' },
      ],
    });
    expect(conditionOf(pipeline, 'Ready')).toMatchObject({ status: 'True', observedGeneration: 1 });
    // The stages ran one after the other, each with the models of those before it.
    const runs = await Promise.all(['sft', 'reward', 'ppo'].map((stage) => get('trun', `whole-${stage}`)));
    for (const [i, run] of runs.entries())
      if (i > 0) expect(run.status.startTime >= runs[i - 1].status.completionTime).toBe(true);
    expect(runs[2].spec.inputs.models).toMatchObject({
      base: { version: 'whole' },
      rewardModel: { version: 'whole' },
    });
    const job = await get('job', 'whole-ppo');
    const [pod] = (await cluster.json(['get', 'pods', '-l', 'open-chatgpt.io/run=whole-ppo'], { namespace }))
      .items;
    expect(nodes).toContain(pod.spec.nodeName);
    expect(pod.spec.containers[0].resources.limits).toEqual({ 'nvidia.com/gpu': '1' });
    expect(job.metadata.ownerReferences[0]).toMatchObject({
      kind: 'TrainingRun',
      name: 'whole-ppo',
      controller: true,
    });
    // The workers of PPO end with the run.
    await cluster.until(
      'the workers to go',
      async () => (await cluster.json(['get', 'deploy'], { namespace })).items.length === 0,
    );
  });

  it('shows stage, step and progress as columns, by its short name and its category', async () => {
    const table = await cluster.kubectl(['get', 'rlhf', 'whole'], { namespace });
    expect(table.split('\n')[0].split(/\s+/)).toEqual(
      expect.arrayContaining(['STATUS', 'STAGE', 'STEP', 'PROGRESS', 'QUEUE', 'GPUS', 'AGE']),
    );
    expect(await cluster.kubectl(['get', 'open-chatgpt', '-o', 'name'], { namespace })).toContain(
      'trainingrun.open-chatgpt.io/whole-sft',
    );
  });

  it('fails with the reason that the trainer gives, and goes on after the annotation open-chatgpt.io/resume', async () => {
    const error = { code: 'TrainingDiverged', message: 'the loss is NaN at step 3; lower learningRate' };
    const message = JSON.stringify({ runId: 'diverging-sft', attempt: 1, outcome: 'failed', step: 3, error });
    const trainer = { nodeSelector: { spec: namespace } };
    await apply(
      rlhfPipeline({
        name: 'diverging',
        stages: ['sft'],
        spec: { trainer },
        simulated: { 'sim/exit-code': '65', 'sim/termination-message': message },
      }),
    );
    await wait('rlhf', 'diverging', 'Failed');
    const pipeline = await get('rlhf', 'diverging');
    expect(conditionOf(pipeline, 'Failed')).toMatchObject({
      reason: 'TrainingDiverged',
      message: 'sft: the loss is NaN at step 3; lower learningRate',
    });
    expect(isTrue(pipeline, 'Stalled')).toBe(true);
    const run = await get('trun', 'diverging-sft');
    expect(run.status).toMatchObject({
      failures: 1,
      executionAttempts: [{ exitCode: 65, reason: 'TrainingDiverged' }],
    });
    const fixed = {
      'sim/exit-code': '0',
      'sim/termination-message': completedMessage('diverging-sft', 'diverging'),
    };
    await cluster.kubectl(
      [
        'patch',
        'rlhf',
        'diverging',
        '--type=merge',
        '--patch',
        JSON.stringify({
          spec: { stagePods: { sft: { trainer: { annotations: fixed } } } },
          metadata: { annotations: { 'open-chatgpt.io/resume': '1' } },
        }),
      ],
      { namespace },
    );
    await wait('rlhf', 'diverging', 'Complete');
    expect((await get('rlhf', 'diverging')).status).toMatchObject({ resumed: 1, phase: 'Complete' });
  });

  it('refuses what only the whole pipeline shows, and names the field', async () => {
    await apply(rlhfPipeline({ name: 'wrong', stages: ['ppo'] }));
    await wait('rlhf', 'wrong', 'Failed');
    const failed = conditionOf(await get('rlhf', 'wrong'), 'Failed');
    expect(failed?.reason).toBe('ValidationFailed');
    expect(failed?.message).toMatch(/ppo: needs a reward model: add a stage before it that makes one/);
  });

  it('has no pods while it is suspended, and goes on afterwards', async () => {
    const trainer = { nodeSelector: { spec: namespace } };
    await apply(
      rlhfPipeline({
        name: 'paused',
        stages: ['sft'],
        spec: { trainer },
        simulated: { 'sim/seconds': 'never' },
      }),
    );
    await cluster.until(
      'the run to run',
      async () => (await get('rlhf', 'paused')).status?.phase === 'Running',
    );
    await cluster.kubectl(
      ['patch', 'rlhf', 'paused', '--type=merge', '--patch', '{"spec":{"suspend":true}}'],
      { namespace },
    );
    await wait('rlhf', 'paused', 'Suspended');
    const pods = () => cluster.json(['get', 'pods', '-l', 'open-chatgpt.io/run=paused-sft'], { namespace });
    await cluster.until('the pods to go', async () => (await pods()).items.length === 0);
    await cluster.kubectl(
      [
        'patch',
        'rlhf',
        'paused',
        '--type=merge',
        '--patch',
        '{"spec":{"suspend":false,"stagePods":{"sft":{"trainer":{"annotations":{"sim/seconds":"1"}}}}}}',
      ],
      { namespace },
    );
    await wait('rlhf', 'paused', 'Complete');
    expect((await get('trun', 'paused-sft')).status).toMatchObject({ failures: 0 });
  });

  it('is gone with all that belongs to it after kubectl delete', async () => {
    await cluster.kubectl(['delete', 'rlhf', 'whole', TIMEOUT], { namespace });
    const left = () =>
      cluster.json(['get', 'trun,job,pod,deploy,configmap', '-l', 'open-chatgpt.io/pipeline-id'], {
        namespace,
      });
    await cluster.until('its runs, Jobs and pods to go', async () =>
      (await left()).items.every(({ metadata }: Resource) => !metadata.name.startsWith('whole')),
    );
  });
});
