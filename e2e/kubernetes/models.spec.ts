import { fromMessage } from '@open-chatgpt/events';
import { KafkaDriver } from '@open-chatgpt/messaging';
import { type Cluster, sharedCluster, TIMEOUT } from '@open-chatgpt/tools/cluster/cluster.cjs';
import { type Broker, startKafka } from '@open-chatgpt/tools/kafka/broker.cjs';
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

const manifest = (id: string) => ({
  uri: `s3://bucket/models/${id}/manifest.json`,
  sha256: 'c'.repeat(64),
  size: 9,
  version: '1',
});

describe('a Model', () => {
  const cluster: Cluster = sharedCluster();
  let namespace: string;
  let nodes: string[];
  let kafka: Broker;
  let driver: KafkaDriver;
  let operator: OperatorProcess;

  const start = async () => {
    operator = await startOperator(cluster, {
      namespace,
      env: {
        OPEN_CHATGPT_BUS: `kafka://${kafka.brokers}`,
        OPEN_CHATGPT_KAFKA_SESSION_TIMEOUT_SECONDS: '6',
      },
    });
  };

  beforeAll(async () => {
    await applyCrds(cluster);
    namespace = await cluster.createNamespace('models');
    nodes = await cluster.addGpuNodes({
      prefix: namespace,
      count: 1,
      labels: { spec: namespace },
      taints: [],
    });
    kafka = await startKafka();
    driver = new KafkaDriver({ brokers: kafka.brokers });
    await start();
  });
  afterAll(async () => {
    await operator?.stop();
    await driver?.close();
    await kafka?.close();
    await cluster.removeNodes(nodes ?? []);
  });

  const model = (name: string, spec: object) =>
    cluster.apply(
      { apiVersion: 'open-chatgpt.io/v1alpha1', kind: 'Model', metadata: { name }, spec },
      { namespace },
    );
  const get = (kind: string, name: string) => cluster.json<Resource>(['get', kind, name], { namespace });
  const wait = (kind: string, name: string, condition: string) =>
    cluster.kubectl(['wait', `--for=condition=${condition}`, `${kind}/${name}`, TIMEOUT], {
      namespace,
    });
  const published = async (modelId: string) =>
    (await driver.read('openchatgpt.model.fact.v1'))
      .map(fromMessage)
      .filter(({ data }) => (data as { modelId: string }).modelId === modelId);

  it('that is in the store is ready, and published once', async () => {
    await model('mine', { modelId: 'mine-1', displayName: 'Mine', manifest: manifest('mine-1') });
    await wait('mdl', 'mine', 'Ready');
    await wait('mdl', 'mine', 'Published');
    expect((await get('mdl', 'mine')).status).toMatchObject({
      phase: 'Ready',
      modelId: 'mine-1',
      kind: 'language-model',
      manifest: manifest('mine-1'),
    });
    await operator.kill();
    await start();
    await model('next', { manifest: manifest('next') });
    await wait('mdl', 'next', 'Published');
    expect(await published('mine-1')).toMatchObject([
      {
        type: 'model.published',
        data: { modelId: 'mine-1', name: 'Mine', kind: 'language-model', manifest: manifest('mine-1') },
      },
    ]);
  });

  it('of a completed run outlives it, and says what it was made of', async () => {
    await cluster.apply(
      rlhfPipeline({
        name: 'trained',
        stages: ['sft'],
        spec: { trainer: { nodeSelector: { spec: namespace } } },
      }),
      { namespace },
    );
    await wait('rlhf', 'trained', 'Complete');
    await wait('mdl', 'trained-sft', 'Ready');
    const run = await get('trun', 'trained-sft');
    const made = await get('mdl', 'trained-sft');
    expect(made.metadata.ownerReferences).toBeUndefined();
    expect(made.metadata.labels).toMatchObject({ 'open-chatgpt.io/run': 'trained-sft' });
    expect(made.status).toMatchObject({
      phase: 'Ready',
      modelId: run.status.runId,
      kind: 'language-model',
      algorithm: 'sft',
      manifest: run.status.model,
      lineage: { runId: run.status.runId, pipelineId: run.spec.pipelineId },
    });
    // The trainer publishes its model; the operator does not repeat it.
    expect(conditionOf(made, 'Published')).toMatchObject({ status: 'True', reason: 'PublishedByRun' });
    expect(await published(run.status.runId)).toEqual([]);
    await cluster.kubectl(['delete', 'rlhf', 'trained', TIMEOUT], { namespace });
    await cluster.until(
      'the run to go',
      async () => (await cluster.json(['get', 'trun'], { namespace })).items.length === 0,
    );
    expect(isTrue(await get('mdl', 'trained-sft'), 'Ready')).toBe(true);
    // The next pipeline starts from it, by its name.
    const next = rlhfPipeline({
      name: 'next',
      stages: ['sft'],
      spec: { model: { path: 'store:trained-sft' }, trainer: { nodeSelector: { spec: namespace } } },
    });
    await cluster.apply(next, { namespace });
    await wait('rlhf', 'next', 'Complete');
    expect((await get('trun', 'next-sft')).spec.inputs.models.base).toEqual(made.status.manifest);
    const table = await cluster.kubectl(['get', 'mdl', 'trained-sft', '-o', 'wide'], { namespace });
    expect(table).toMatch(/STATUS.*KIND.*ALGORITHM.*AGE.*RUN.*\n.*Ready +language-model +sft/);
  });

  it('that was deleted does not come back, and a run of the same name gets a Model of its own', async () => {
    const again = async (pipelineId: string) => {
      await cluster.apply(
        rlhfPipeline({
          name: 'twice',
          stages: ['sft'],
          simulated: { 'sim/termination-message': completedMessage(`${pipelineId}-sft`, 'twice') },
          spec: { pipelineId, trainer: { nodeSelector: { spec: namespace } } },
        }),
        { namespace },
      );
      await wait('rlhf', 'twice', 'Complete');
      return cluster.until('the Model', async () => {
        const run = await get('trun', 'twice-sft');
        return run.metadata.annotations?.['open-chatgpt.io/model'] as string | undefined;
      });
    };
    expect(await again('twice-1')).toBe('twice-sft');
    await cluster.kubectl(['delete', 'rlhf', 'twice', TIMEOUT], { namespace });
    const second = await again('twice-2');
    expect(second).toMatch(/^twice-sft-[0-9a-f]{8}$/);
    await cluster.kubectl(['delete', 'mdl', second], { namespace });
    await cluster.kubectl(['annotate', 'trun', 'twice-sft', 'note=1'], { namespace });
    await operator.kill();
    await start();
    await model('marker', { manifest: manifest('marker') });
    await wait('mdl', 'marker', 'Published');
    await expect(get('mdl', second)).rejects.toThrow('not found');
  });

  it('that is imported has what its Job has found', async () => {
    await model('imported', { source: 'builtin:smollm2-135m-instruct' });
    const job = await cluster.until('the Job', () => get('job', 'imported-import'));
    const [container] = job.spec.template.spec.containers;
    expect(container).toMatchObject({
      image: 'example.test/data-ingestion:1',
      args: ['import-model', '--source', 'builtin:smollm2-135m-instruct', '--id', 'imported'],
    });
    expect(job.metadata.ownerReferences).toMatchObject([
      { kind: 'Model', name: 'imported', controller: true },
    ]);
    // The pod of the Job ends here without a word: the import is repeated until one says what it has found.
    const outcome = {
      outcome: 'imported',
      manifest: manifest('imported'),
      kind: 'language-model',
      family: 'llama',
      parameters: 134515008,
    };
    await cluster.until('a pod that says it', async () => {
      const { items } = await cluster.json(['get', 'pods', '-l', 'open-chatgpt.io/model=imported'], {
        namespace,
      });
      for (const { metadata, status } of items as Resource[])
        if (status.phase === 'Pending' || status.phase === 'Running')
          await cluster
            .annotate(namespace, metadata.name, {
              seconds: 0,
              'termination-message': JSON.stringify(outcome),
            })
            .catch(() => undefined);
      return (await get('mdl', 'imported')).status.phase === 'Ready';
    });
    await wait('mdl', 'imported', 'Ready');
    expect((await get('mdl', 'imported')).status).toMatchObject({
      phase: 'Ready',
      kind: 'language-model',
      family: 'llama',
      parameters: 134515008,
      manifest: manifest('imported'),
    });
    await wait('mdl', 'imported', 'Published');
    expect(await published('imported')).toHaveLength(1);
  });

  it('of whom both or neither of source and manifest is given is refused', async () => {
    const both = { source: 'builtin:x', manifest: manifest('both') };
    await expect(model('both', both)).rejects.toThrow(/exactly one of source .* and manifest/);
    await expect(model('neither', {})).rejects.toThrow(/exactly one of source .* and manifest/);
  });
});
