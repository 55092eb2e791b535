import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '@open-chatgpt/tools/cluster/cluster.cjs';
import { applyCrds, type OperatorProcess, startOperator, trainingRun } from './testing/operator';
import { KUEUE, queue } from './testing/queue';
import { trainingRunsOf } from './testing/runs';

describe('runs in a queue of Kueue', () => {
  let cluster: Cluster;
  let namespace: string;
  let operator: OperatorProcess;

  beforeAll(async () => {
    cluster = await startCluster({ addons: ['kueue'] });
    await cluster.addGpuNodes();
    await applyCrds(cluster);
    namespace = await cluster.createNamespace('queued');
    await cluster.until('the queue is accepted', () => cluster.apply(queue(namespace)));
    operator = await startOperator(cluster, { namespace, config: { nodes: true } });
  });
  afterAll(async () => {
    await operator?.stop();
    await cluster?.stop();
  });

  const run = (name: string, labels: Record<string, string> = {}, spec: object = {}) => {
    const made = trainingRun({
      name,
      simulated: { 'sim/seconds': 'never' },
      trainer: { ranks: 2, gpus: 4, terminationGracePeriodSeconds: 1 },
      spec: { queueName: 'training', ...spec },
    });
    return { ...made, metadata: { ...made.metadata, labels } };
  };
  const { get, ready, podsOf, finish } = trainingRunsOf(() => ({ cluster, namespace }));

  it('waits with the reason, is admitted, preempted by a higher priority, and goes on without a failure', async () => {
    await cluster.apply(run('first'), { namespace });
    await ready('first', 'PodsReady');
    // Kueue orders workloads of one priority by the second of their creation.
    await sleep(1000);
    await cluster.apply(run('second'), { namespace });
    // Kueue says why a moment after it has seen the Job.
    await ready(
      'second',
      'Queued',
      /^The queue training has not admitted the run: .*insufficient unused quota for nvidia.com\/gpu/,
    );
    expect(await podsOf('second')).toEqual([]);

    await cluster.apply(run('urgent', { [`${KUEUE}/priority-class`]: 'urgent' }), { namespace });
    await ready('urgent', 'PodsReady');
    expect((await ready('first', 'Preempted')).message).toMatch(/^The queue training/);
    await cluster.until('its pods to go', async () => (await podsOf('first')).length === 0);
    await finish('urgent');
    await ready('first', 'PodsReady');
    await finish('first');
    await ready('second', 'PodsReady');
    await finish('second');
    expect((await get('first')).status).toMatchObject({ failures: 0, disruptions: 2 });
  });

  it('hands queue, priorities and the controller of Jobs on, and never starts a Job itself', async () => {
    await cluster.apply(
      run('labelled', { [`${KUEUE}/priority-class`]: 'urgent' }, { priorityClassName: 'important' }),
      { namespace },
    );
    await ready('labelled', 'PodsReady');
    const job = await get('labelled', 'job');
    expect(job.metadata.labels).toMatchObject({
      [`${KUEUE}/queue-name`]: 'training',
      [`${KUEUE}/priority-class`]: 'urgent',
    });
    expect(job.spec.template.spec.priorityClassName).toBe('important');
    await finish('labelled');
    await cluster.apply(run('elsewhere', {}, { queueName: undefined, managedBy: `${KUEUE}/multikueue` }), {
      namespace,
    });
    await cluster.until('its Job', () => get('elsewhere', 'job'));
    const elsewhere = await get('elsewhere', 'job');
    expect(elsewhere.spec).toMatchObject({ managedBy: `${KUEUE}/multikueue` });
    expect(await podsOf('elsewhere')).toEqual([]);
  });
});
