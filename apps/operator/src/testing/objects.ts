import { labels, type TrainingRun } from '@open-chatgpt/resources';
import type { Job, Node, Pod } from '../kubernetes/types';
import type { PodDefaults } from '../operator-config';

/** Objects of the API as specs need them: with what the test is about, and what every object has. */
export const defaults: PodDefaults = {
  images: Object.fromEntries(
    ['sft-trainer', 'reward-trainer', 'ppo-actor', 'ppo-critic', 'inference'].map((name) => [
      name,
      `example.test/${name}:1`,
    ]),
  ),
  imagePullSecrets: [],
  env: [],
  envFrom: [],
  gpuResourceName: 'nvidia.com/gpu',
  sharedMemory: '1Gi',
  nodeSelector: {},
  tolerations: [],
  namespaces: [],
  gangTimeoutSeconds: 300,
};

export function run(spec: object = {}, status?: object): TrainingRun {
  return {
    apiVersion: 'open-chatgpt.io/v1alpha1',
    kind: 'TrainingRun',
    metadata: {
      name: 'chat-sft',
      namespace: 'team',
      uid: '11111111-0000-0000-0000-000000000000',
      resourceVersion: '1',
      generation: 2,
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: {
      runId: 'chat-sft',
      stage: 'sft',
      suspend: false,
      backoffLimit: 3,
      inputs: { models: {}, datasets: [] },
      trainer: { ranks: 1 },
      rollouts: { replicas: 1 },
      critics: { replicas: 1 },
      pipeline: {
        name: 'chat',
        threads: 2,
        model: { scratch: { hiddenSize: 32, numAttentionHeads: 2 } },
        stages: [{ name: 'sft', uses: 'sft', with: { dataset: { path: 'builtin:tasks' } } }],
      },
      ...spec,
    },
    status,
  } as unknown as TrainingRun;
}

export function job(status: Job['status'] = {}, spec: Job['spec'] = {}): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'chat-sft', namespace: 'team', uid: 'job' },
    spec,
    status,
  };
}

export interface PodOptions {
  name?: string;
  phase?: NonNullable<Pod['status']>['phase'];
  exitCode?: number;
  /** What the container has written: an object becomes JSON. */
  message?: object | string;
  reason?: string;
  endedAt?: string;
  disruption?: string;
  node?: string;
  gpus?: number;
  role?: string;
  departed?: true;
  conditions?: NonNullable<Pod['status']>['conditions'];
  waiting?: { reason: string; message?: string };
}

export function pod(options: PodOptions = {}): Pod {
  const { name = 'chat-sft-0-abcde', exitCode, message, reason, disruption, node, gpus, departed } = options;
  const ended = exitCode !== undefined;
  const { phase = ended ? (exitCode === 0 ? 'Succeeded' : 'Failed') : 'Running' } = options;
  const { endedAt = '2026-01-01T00:10:00Z', role = 'trainer', conditions = [], waiting } = options;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    ...(departed && { departed }),
    metadata: {
      name,
      namespace: 'team',
      uid: name,
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { [labels.runId]: 'chat-sft', [labels.role]: role },
      ownerReferences: [
        { apiVersion: 'batch/v1', kind: 'Job', name: 'chat-sft', uid: 'job', controller: true },
      ],
    },
    spec: {
      ...(node && { nodeName: node }),
      containers: [{ resources: { limits: gpus ? { 'nvidia.com/gpu': String(gpus) } : {} } }],
    },
    status: {
      phase,
      startTime: '2026-01-01T00:00:01Z',
      conditions: [
        ...conditions,
        ...(disruption
          ? [
              {
                type: 'DisruptionTarget',
                status: 'True' as const,
                reason: disruption,
                lastTransitionTime: endedAt,
              },
            ]
          : []),
      ],
      containerStatuses: [
        {
          name: 'trainer',
          state: {
            ...(waiting && { waiting }),
            ...(ended && {
              terminated: {
                exitCode,
                ...(reason && { reason }),
                finishedAt: endedAt,
                ...(message && { message: typeof message === 'string' ? message : JSON.stringify(message) }),
              },
            }),
          },
        },
      ],
    },
  };
}

export function node(
  name: string,
  gpus: number,
  more: Partial<NonNullable<Node['spec']>> & { labels?: Record<string, string>; ready?: boolean } = {},
): Node {
  const { labels: own = {}, ready = true, ...spec } = more;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: own },
    spec,
    status: {
      allocatable: { 'nvidia.com/gpu': String(gpus) },
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  };
}

export const model = { uri: 's3://b/m.json', sha256: 'a'.repeat(64), size: 1, version: 'v' };
