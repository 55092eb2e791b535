import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '@open-chatgpt/kube';
import { type Cluster, sharedCluster } from '@open-chatgpt/tools/cluster/cluster.cjs';
import { History } from './testing/history';
import {
  applyCrds,
  conditionOf,
  type OperatorProcess,
  type Resource,
  rlhfPipeline,
  startOperator,
} from './testing/operator';

const KILLS = 50;
const SEED = 11;
/** A short lease makes candidates look often. */
const LEASE_SECONDS = '3';

/** A sequence of numbers from 0 to 1 that is the same each time (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('an operator that is killed', () => {
  const cluster: Cluster = sharedCluster();
  let namespace: string;
  let nodes: string[];
  let history: History;
  let operators: OperatorProcess[] = [];
  /** What a status has lost, which it had said before. */
  const lost: string[] = [];

  const start = () =>
    startOperator(cluster, { namespace, env: { OPEN_CHATGPT_LEASE_SECONDS: LEASE_SECONDS } });

  beforeAll(async () => {
    await applyCrds(cluster);
    namespace = await cluster.createNamespace('killed');
    nodes = await cluster.addGpuNodes({ prefix: namespace, count: 2, labels: { spec: namespace } });
    const seen = new Map<string, Resource>();
    history = await History.of(cluster.kubeconfig, namespace, (object) => {
      if (object.kind !== 'RlhfPipeline' && object.kind !== 'TrainingRun') return;
      const before = seen.get(object.metadata.uid!);
      lost.push(...forgotten(before?.status, (object as unknown as Resource).status, object));
      seen.set(object.metadata.uid!, object as unknown as Resource);
    });
    operators = [await start()];
  });
  afterAll(async () => {
    await Promise.all(operators.map((operator) => operator.kill()));
    await history?.stop();
    await cluster.removeNodes(nodes ?? []);
  });

  it(`converges after ${KILLS} kills at random moments, without a duplicate or a lost status`, async () => {
    const random = randomOf(SEED);
    const names: string[] = [];
    const pipeline = () => {
      const name = `p-${names.length}`;
      names.push(name);
      return rlhfPipeline({
        name,
        simulated: { 'sim/seconds': String(1 + Math.floor(3 * random())) },
        spec: { trainer: { nodeSelector: { spec: namespace } } },
      });
    };
    const standby = [start()];
    for (let kill = 0; kill < KILLS; kill++) {
      // Something is under way at each kill.
      if (kill % 10 === 0) await cluster.apply([pipeline(), pipeline()], { namespace });
      const [leader] = operators.splice(0);
      await cluster.until('an operator to lead', () => leader.log().includes('The operator leads'));
      const [next] = await Promise.all([standby.shift()!, sleep(1500 * random())]);
      await leader.kill();
      operators.push(next);
      standby.push(start());
      // Its lease would run out; the next one need not wait, for the last one is certainly dead.
      await cluster.kubectl(
        [
          'patch',
          'lease',
          'open-chatgpt-operator',
          '--type=merge',
          '--patch',
          '{"spec":{"holderIdentity":""}}',
        ],
        { namespace },
      );
    }
    operators.push(...(await Promise.all(standby)));
    await cluster.until('all pipelines to complete', async () => {
      const { items } = await cluster.json(['get', 'rlhf'], { namespace });
      return (
        items.length === names.length && items.every(({ status }: Resource) => status?.phase === 'Complete')
      );
    });
    const stages = ['sft', 'reward', 'ppo'];
    const once = Object.fromEntries(names.flatMap((name) => stages.map((stage) => [`${name}-${stage}`, 1])));
    expect(history.numberOf('TrainingRun')).toEqual(once);
    expect(history.numberOf('Job')).toEqual(once);
    // One pod of the trainer for each stage: its name begins with that of its Job.
    const trainers = Object.keys(history.numberOf('Pod')).filter((name) => /-0-[a-z0-9]{5}$/.test(name));
    expect(trainers.map((name) => name.replace(/-0-[a-z0-9]{5}$/, '')).sort()).toEqual(
      Object.keys(once).sort(),
    );
    expect(lost).toEqual([]);
    const { items } = await cluster.json(['get', 'trun'], { namespace });
    for (const { status } of items as Resource[])
      expect(status).toMatchObject({ failures: 0, disruptions: 0, executionAttempts: [{ exitCode: 0 }] });
  });

  it('reports nothing more about what does not change any more', async () => {
    const events = async () =>
      (await cluster.json(['get', 'events'], { namespace })).items
        .filter(
          ({ reportingComponent }: { reportingComponent: string }) =>
            reportingComponent === 'open-chatgpt-operator',
        )
        .map(
          ({ metadata, count }: { metadata: { uid: string }; count: number }) => `${metadata.uid} ${count}`,
        )
        .sort();
    const versions = async () =>
      (await cluster.json(['get', 'trun,rlhf'], { namespace })).items.map(
        ({ metadata }: Resource) => metadata.resourceVersion,
      );
    const before = [await events(), await versions()];
    // A new leader looks at everything once.
    for (const operator of operators.splice(0)) await operator.kill();
    operators = [await start()];
    await cluster.until('the operator to lead', () => operators[0].log().includes('The operator leads'));
    await sleep(3000);
    expect([await events(), await versions()]).toEqual(before);
    const complete = conditionOf(await cluster.json(['get', 'rlhf', 'p-0'], { namespace }), 'Complete');
    expect(complete?.status).toBe('True');
  });
});

/** What the later of two statuses no longer says. */
function forgotten(
  before: Resource['status'],
  after: Resource['status'],
  { kind, metadata }: KubeObject,
): string[] {
  if (!before) return [];
  const id = `${kind} ${metadata.name}`;
  const problems: string[] = [];
  for (const field of ['startTime', 'completionTime', 'runId', 'pipelineId', 'jobName', 'model'])
    if (before[field] !== undefined && JSON.stringify(before[field]) !== JSON.stringify(after?.[field]))
      problems.push(
        `${id}: ${field} ${JSON.stringify(before[field])} became ${JSON.stringify(after?.[field])}`,
      );
  if (before.phase === 'Complete' && after?.phase !== 'Complete') problems.push(`${id}: no longer Complete`);
  for (const field of ['failures', 'disruptions', 'progressPercent'])
    if ((before[field] ?? 0) > (after?.[field] ?? 0)) problems.push(`${id}: ${field} went back`);
  for (const { name, status } of before.stages ?? [])
    if (
      status === 'completed' &&
      after?.stages.find((one: { name: string }) => one.name === name)?.status !== 'completed'
    )
      problems.push(`${id}: the stage ${name} is no longer completed`);
  return problems;
}
