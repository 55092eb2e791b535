import type { ModelServer } from '@open-chatgpt/resources';
import type { Deployment, Pod } from '../kubernetes/types';
import { defaults } from '../testing/objects';
import { servedSources } from './model-source';
import { podProblem } from './pod-problem';
import { serverDeployment } from './server-objects';
import { serverState } from './server-state';

const server = (spec: object = {}): ModelServer =>
  ({
    metadata: { name: 'chat', namespace: 'team', uid: 'u', generation: 1 },
    spec: {
      model: 'store:mine',
      weights: 'float32',
      replicas: 2,
      service: { type: 'ClusterIP', port: 80 },
      pods: {},
      ...spec,
    },
  }) as unknown as ModelServer;

const deployment = (status: object, replicas = 2): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'chat', generation: 3 },
  spec: { replicas },
  status: { observedGeneration: 3, ...status },
});

const pod = (status: object, name = 'chat-1'): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'team' },
  status,
});

const all = { replicas: 2, updatedReplicas: 2, readyReplicas: 2 };

describe('the state of a server', () => {
  it.each<[string, string, string, Parameters<typeof serverState>[0]]>([
    ['before its Deployment is made', 'Pending', 'reconciling', { server: server(), pods: [] }],
    [
      'while its Deployment is older than its spec',
      'Updating',
      'reconciling',
      { server: server(), deployment: deployment({ ...all, observedGeneration: 2 }), pods: [] },
    ],
    [
      'whose pods all answer',
      'Available',
      'current',
      { server: server(), deployment: deployment(all), pods: [] },
    ],
    [
      'in a rolling update',
      'Updating',
      'reconciling',
      { server: server(), deployment: deployment({ ...all, replicas: 3, updatedReplicas: 1 }), pods: [] },
    ],
    [
      'that was scaled to zero',
      'Stopped',
      'current',
      {
        server: server({ replicas: 0 }),
        deployment: deployment({ replicas: 0, updatedReplicas: 0 }, 0),
        pods: [],
      },
    ],
    [
      'that got no ready pod in time',
      'Starting',
      'stalled',
      {
        server: server(),
        deployment: deployment({
          replicas: 2,
          updatedReplicas: 2,
          conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }],
        }),
        pods: [],
      },
    ],
  ])('%s is %s', (_, phase, readiness, observation) => {
    expect(serverState(observation)).toMatchObject({ phase, readiness });
  });

  it('names the failing pod rather than one that only starts', () => {
    const starting = pod({ phase: 'Pending' });
    const failing = pod(
      {
        phase: 'Running',
        containerStatuses: [
          {
            name: 'inference',
            ready: false,
            state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting' } },
            lastState: {
              terminated: {
                exitCode: 1,
                reason: 'Error',
                message: 'starting\nno model "mine" in the store\n',
              },
            },
          },
        ],
      },
      'chat-2',
    );
    expect(
      serverState({
        server: server(),
        deployment: deployment({ replicas: 2, updatedReplicas: 2 }),
        pods: [starting, failing],
      }),
    ).toEqual({
      phase: 'Failing',
      reason: 'CrashLoopBackOff',
      message: 'chat-2: ended with exit code 1 (Error): no model "mine" in the store',
      readiness: 'reconciling',
    });
  });
});

describe('the problem of a pod', () => {
  it.each<[string, string | undefined, object]>([
    [
      'that the scheduler cannot place',
      'Unschedulable',
      {
        phase: 'Pending',
        conditions: [
          { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/2 nodes' },
        ],
      },
    ],
    [
      'without its image',
      'ImagePullBackOff',
      {
        phase: 'Pending',
        containerStatuses: [{ name: 'x', state: { waiting: { reason: 'ImagePullBackOff' } } }],
      },
    ],
    [
      'that is made',
      'PodsStarting',
      {
        phase: 'Pending',
        containerStatuses: [{ name: 'x', state: { waiting: { reason: 'ContainerCreating' } } }],
      },
    ],
    ['that loads', 'ModelLoading', { phase: 'Running', containerStatuses: [{ name: 'x', ready: false }] }],
    ['that answers', undefined, { phase: 'Running', containerStatuses: [{ name: 'x', ready: true }] }],
  ])('%s: %s', (_, reason, status) => {
    expect(podProblem(pod(status))?.reason).toBe(reason);
  });
});

describe('the source of a served model', () => {
  const model = (name: string, spec: object, status?: object) =>
    ({ metadata: { name, namespace: 'team' }, spec, status }) as never;
  const manifest = {
    uri: 's3://bucket/models/m/manifest.json',
    sha256: 'a'.repeat(64),
    size: 1,
    version: '1',
  };

  it('is the manifest of a Model of this namespace, by its id or its name', () => {
    const models = [model('first', { modelId: 'mine' }, { manifest }), model('mine', { modelId: 'x' })];
    expect(servedSources(server(), models)).toEqual({ model: `mine=${manifest.uri}`, adapters: [] });
    expect(servedSources(server({ model: 'store:first' }), models)).toEqual({
      model: `first=${manifest.uri}`,
      adapters: [],
    });
  });

  it('waits for a Model that is not ready, and leaves other sources to the pods', () => {
    expect(servedSources(server(), [model('mine', {})])).toEqual({
      waiting: { reason: 'WaitingForModel', message: 'The Model mine is not ready: it is new' },
    });
    expect(servedSources(server({ servedModelName: 'gpt' }), [])).toEqual({
      model: 'gpt=store:mine',
      adapters: [],
    });
    expect(servedSources(server({ model: 'latest:support' }), [])).toEqual({
      model: 'latest:support',
      adapters: [],
    });
  });

  it('has adapters, by the manifests of their Models', () => {
    const adapters = [
      { name: 'tuned', model: 'store:tuned' },
      { name: 'newest', model: 'latest:support' },
    ];
    const served = server({ model: 'builtin:base', adapters });
    const sources = servedSources(served, [model('tuned', {}, { manifest })]);
    expect(sources).toEqual({
      model: 'builtin:base',
      adapters: [`tuned=${manifest.uri}`, 'newest=latest:support'],
    });
    if ('waiting' in sources) throw new Error(sources.waiting.message);
    expect(serverDeployment(served, sources, {}, defaults)).toHaveProperty(
      'spec.template.spec.containers.0.env',
      expect.arrayContaining([
        { name: 'OPEN_CHATGPT_INFERENCE_ADAPTERS', value: `tuned=${manifest.uri},newest=latest:support` },
      ]),
    );
    expect(servedSources(served, [model('tuned', {})])).toMatchObject({
      waiting: { message: 'The Model tuned is not ready: it is new' },
    });
  });
});
