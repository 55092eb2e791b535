import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cluster, sharedCluster } from '@open-chatgpt/tools/cluster/cluster.cjs';
import { parse } from 'yaml';
import { applyCrds, type Resource, rlhfPipeline, trainingRun } from './testing/operator';

const examples = join(__dirname, '../../examples');

const resource = (kind: string, spec: object, name = 'wrong') => ({
  apiVersion: 'open-chatgpt.io/v1alpha1',
  kind,
  metadata: { name },
  spec,
});

const dataset = { source: 'builtin:tasks', adapter: 'alpaca' };
const server = { model: 'latest:chat' };
const dataref = { uri: 's3://bucket/manifest.json', sha256: 'a'.repeat(64), size: 1, version: 'v' };

/** A correct resource with one change. */
function changed(kind: string, change: (spec: Resource['spec']) => unknown, name = 'wrong'): object {
  const correct: Record<string, () => Resource> = {
    pipeline: () => rlhfPipeline({ name }) as unknown as Resource,
    run: () => trainingRun({ name }) as unknown as Resource,
    dataset: () => resource('Dataset', { ...dataset }, name),
    model: () => resource('Model', { source: 'builtin:tiny' }, name),
    server: () => resource('ModelServer', { ...server }, name),
  };
  const made = structuredClone(correct[kind]());
  change(made.spec);
  return made;
}

/** By resource: a wrong change, and the field that the answer must name. */
const wrong: [string, string, (spec: Resource['spec']) => unknown][] = [
  ['pipeline', 'spec.model', (spec) => delete spec.model],
  ['pipeline', 'spec.model', (spec) => (spec.model.path = 'builtin:tiny')],
  ['pipeline', 'spec.model.path', (spec) => (spec.model = { path: 'models/base' })],
  ['pipeline', 'spec.model.scratch.hiddenSize', (spec) => (spec.model.scratch.hiddenSize = 30.5)],
  ['pipeline', 'spec.model.scratch.hiddenSize', (spec) => (spec.model.scratch.hiddenSize = 33)],
  ['pipeline', 'spec.model.scratch.vocabSize', (spec) => (spec.model.scratch.vocabSize = 0)],
  ['pipeline', 'spec.model.scratch.numKeyValueHeads', (spec) => (spec.model.scratch.numKeyValueHeads = 3)],
  ['pipeline', 'spec.stages', (spec) => (spec.stages = [])],
  ['pipeline', 'spec.stages', (spec) => delete spec.stages],
  ['pipeline', 'spec.stages', (spec) => (spec.stages[1] = spec.stages[0])],
  ['pipeline', 'spec.stages[0].uses', (spec) => (spec.stages[0].uses = 'grpo')],
  ['pipeline', 'spec.stages[0].uses', (spec) => delete spec.stages[0].uses],
  ['pipeline', 'spec.stages[0].name', (spec) => (spec.stages[0].name = 'Not_A_Name')],
  ['pipeline', 'spec.stages[0].with.learningRate', (spec) => (spec.stages[0].with.learningRate = -1)],
  ['pipeline', 'spec.stages[0].with.learningRate', (spec) => (spec.stages[0].with.learningRate = 'fast')],
  ['pipeline', 'spec.stages[0].with.maxSteps', (spec) => (spec.stages[0].with.maxSteps = -2)],
  ['pipeline', 'spec.stages[0].with.klCoef', (spec) => (spec.stages[0].with.klCoef = 0.1)],
  ['pipeline', 'spec.stages[0].with.dataset.path', (spec) => (spec.stages[0].with.dataset.path = '../data')],
  ['pipeline', 'spec.stages[0].with', (spec) => delete spec.stages[0].with.dataset],
  ['pipeline', 'spec.stages[2].with', (spec) => delete spec.stages[2].with.prompts],
  ['pipeline', 'spec.stages[2].with.gamma', (spec) => (spec.stages[2].with.gamma = 1.5)],
  ['pipeline', 'spec.stages[0].models.base', (spec) => (spec.stages[0].models = { base: 'base' })],
  ['pipeline', 'spec.seed', (spec) => (spec.seed = 'random')],
  ['pipeline', 'spec.threads', (spec) => (spec.threads = 0)],
  ['pipeline', 'spec.pipelineId', (spec) => (spec.pipelineId = '../up')],
  ['pipeline', 'spec.backoffLimit', (spec) => (spec.backoffLimit = -1)],
  ['pipeline', 'spec.activeDeadlineSeconds', (spec) => (spec.activeDeadlineSeconds = 0)],
  ['pipeline', 'spec.ttlSecondsAfterFinished', (spec) => (spec.ttlSecondsAfterFinished = -5)],
  ['pipeline', 'spec.suspend', (spec) => (spec.suspend = 'yes')],
  ['pipeline', 'spec.queueName', (spec) => (spec.queueName = 'Not A Queue')],
  ['pipeline', 'spec.priorityClassName', (spec) => (spec.priorityClassName = 'Very High')],
  ['pipeline', 'spec.managedBy', (spec) => (spec.managedBy = 'somebody')],
  ['pipeline', 'spec.trainer.gpus', (spec) => (spec.trainer = { gpus: -1 })],
  ['pipeline', 'spec.trainer.gpus', (spec) => (spec.trainer = { gpus: 0.5 })],
  ['pipeline', 'spec.trainer.gpuResourceName', (spec) => (spec.trainer = { gpuResourceName: 'a gpu' })],
  [
    'pipeline',
    'spec.trainer.resourceClaimTemplateName',
    (spec) => (spec.trainer = { gpus: 1, resourceClaimTemplateName: 'gpus' }),
  ],
  ['pipeline', 'spec.trainer.ranks', (spec) => (spec.trainer = { ranks: 0 })],
  [
    'pipeline',
    'spec.trainer.resources.requests.cpu',
    (spec) => (spec.trainer = { resources: { requests: { cpu: 'two' } } }),
  ],
  [
    'pipeline',
    'spec.trainer.tolerations[0].effect',
    (spec) => (spec.trainer = { tolerations: [{ effect: 'Never' }] }),
  ],
  ['pipeline', 'spec.trainer.env[0].name', (spec) => (spec.trainer = { env: [{ name: '1X', value: '' }] })],
  ['pipeline', 'spec.trainer.sharedMemory', (spec) => (spec.trainer = { sharedMemory: 'much' })],
  [
    'pipeline',
    'spec.trainer.nodeSelector.zone',
    (spec) => (spec.trainer = { nodeSelector: { zone: 'a b' } }),
  ],
  [
    'pipeline',
    'spec.trainer.terminationGracePeriodSeconds',
    (spec) => (spec.trainer = { terminationGracePeriodSeconds: 0 }),
  ],
  ['pipeline', 'spec.rollouts.replicas', (spec) => (spec.rollouts = { replicas: -1 })],
  ['pipeline', 'spec.stagePods', (spec) => (spec.stagePods = { nothing: {} })],
  [
    'pipeline',
    'spec.stagePods.sft.trainer.gpus',
    (spec) => (spec.stagePods = { sft: { trainer: { gpus: 'all' } } }),
  ],
  ['run', 'spec.stage', (spec) => (spec.stage = 'reward')],
  ['run', 'spec.runId', (spec) => (spec.runId = '')],
  [
    'run',
    'spec.inputs.models.base.sha256',
    (spec) => (spec.inputs = { models: { base: { ...dataref, sha256: 'x' } } }),
  ],
  [
    'run',
    'spec.inputs.models.base.size',
    (spec) => (spec.inputs = { models: { base: { ...dataref, size: undefined } } }),
  ],
  ['dataset', 'spec.source', (spec) => delete spec.source],
  ['dataset', 'spec.adapter', (spec) => (spec.adapter = 'a/b')],
  ['dataset', 'spec.datasetId', (spec) => (spec.datasetId = 'a/b')],
  ['model', 'spec', (spec) => delete spec.source],
  [
    'model',
    'spec.manifest.uri',
    (spec) => Object.assign(spec, { source: undefined, manifest: { ...dataref, uri: 5 } }),
  ],
  ['server', 'spec.model', (spec) => delete spec.model],
  ['server', 'spec.weights', (spec) => (spec.weights = 'int2')],
  ['server', 'spec.replicas', (spec) => (spec.replicas = -1)],
  ['server', 'spec.service.port', (spec) => (spec.service = { port: 70000 })],
  ['server', 'spec.service.type', (spec) => (spec.service = { type: 'ExternalName' })],
];

describe('what the API server accepts', () => {
  const cluster: Cluster = sharedCluster();
  let namespace: string;
  const check = (made: object) => cluster.apply(made, { namespace, flags: ['--dry-run=server'] });

  beforeAll(async () => {
    await applyCrds(cluster);
    namespace = await cluster.createNamespace('crds');
  });

  it.each(wrong)('%s: refuses a wrong %s and names it', async (kind, field, change) => {
    await expect(check(changed(kind, change))).rejects.toThrow(field);
  });

  it('refuses fields that it does not know', async () => {
    for (const [made, field] of [
      [changed('pipeline', (spec) => (spec.stage = [])), 'spec.stage'],
      [changed('pipeline', (spec) => (spec.stages[0].with.learningrate = 1)), 'learningrate'],
      [changed('run', (spec) => (spec.trainer.gpu = 1)), 'spec.trainer.gpu'],
      [changed('server', (spec) => (spec.pods = { image: 'x' })), 'spec.pods.image'],
    ] as const)
      await expect(check(made)).rejects.toThrow(field);
  });

  it('refuses names that are too long for the pods, and those that cannot be of a Service', async () => {
    await expect(check(changed('pipeline', () => 0, 'a'.repeat(60)))).rejects.toThrow(
      'the name and that of a stage',
    );
    await expect(check(changed('run', () => 0, 'a'.repeat(53)))).rejects.toThrow('more than 52 characters');
    await expect(check(changed('server', () => 0, '1st'))).rejects.toThrow('becomes that of a Service');
  });

  it('refuses to change what a run was made with, and lets the rest change', async () => {
    await cluster.apply(
      changed('pipeline', (spec) => (spec.suspend = true), 'made'),
      { namespace },
    );
    for (const [change, field] of [
      [{ seed: 7 }, 'spec.seed'],
      [{ model: { path: 'builtin:tiny', scratch: null } }, 'spec.model'],
      [{ stages: [{ uses: 'sft', with: { dataset: { path: 'builtin:other' } } }] }, 'spec.stages'],
      [{ pipelineId: 'other' }, 'spec.pipelineId'],
    ] as const)
      await expect(
        cluster.kubectl(
          ['patch', 'rlhf', 'made', '--type=merge', '--patch', JSON.stringify({ spec: change })],
          { namespace },
        ),
      ).rejects.toThrow(field);
    await cluster.kubectl(
      ['patch', 'rlhf', 'made', '--type=merge', '--patch', '{"spec":{"trainer":{"gpus":2}}}'],
      { namespace },
    );
  });

  it('accepts correct resources, and every example as a pipeline', async () => {
    for (const kind of ['pipeline', 'run', 'dataset', 'model', 'server'])
      await check(changed(kind, () => 0, 'good'));
    for (const file of readdirSync(examples).filter((name) => name.endsWith('.yaml'))) {
      const {
        name,
        output: _,
        ...spec
      } = parse(
        // A pod has none of the folders beside the file.
        readFileSync(join(examples, file), 'utf8').replaceAll('../../shared', '/data'),
      );
      await check(resource('RlhfPipeline', spec, name));
    }
  });
});
