import { haveGpus, type PipelineConfig, pipelineOf, planProcesses } from '@open-chatgpt/pipeline';
import { DEFAULT_MEMORY, MEMORY_MARGIN, type MemoryEstimate } from '@open-chatgpt/sizing';
import { formatBytes, formatCount } from '../terminal/format';
import { print } from '../terminal/print';
import { formatTable } from '../terminal/table';

/** The pods of one role of a stage. */
export interface PlannedRole {
  stage: string;
  algorithm: string;
  role: string;
  pods: number;
  /** Of each pod. */
  gpus: number;
  /** null where only the files of the model say its shape. */
  estimate: MemoryEstimate | null;
  requests: { cpu: string; memory: string };
}

export interface ClusterPlan {
  name: string;
  roles: PlannedRole[];
}

interface Settings {
  gpus?: number;
  resourceClaimTemplateName?: string;
  ranks?: number;
  replicas?: number;
}
type Role = 'trainer' | 'rollouts' | 'critics';
type Roles = Partial<Record<Role, Settings>>;

/** The fields of an RlhfPipeline for the pods of each role. */
export const ROLE_FIELDS = { trainer: 'trainer', rollout: 'rollouts', critic: 'critics' } as const;

/**
 * The pods of every stage, as the operator makes them.
 * @param content of a pipeline file, or of an RlhfPipeline
 * @throws Error that names the field which is wrong
 */
export function planForCluster(content: unknown, filename: string): ClusterPlan {
  const { pods, stagePods } = fileAndPods(content);
  const pipeline = pipelineForPlan(content, filename);
  return {
    name: pipeline.name,
    roles: pipeline.stages.flatMap((stage) => {
      const settingsOf = (role: keyof typeof ROLE_FIELDS) => {
        const field = ROLE_FIELDS[role];
        return { ...pods[field], ...stagePods[stage.name]?.[field] };
      };
      const onGpus = (role: keyof typeof ROLE_FIELDS) => haveGpus(settingsOf(role));
      return planProcesses(pipeline, stage, onGpus).map(({ role, estimate, requests }) => {
        const { gpus = 0, ranks = 1, replicas = 1 } = settingsOf(role);
        const algorithm = stage.uses;
        return {
          stage: stage.name,
          algorithm,
          role,
          pods: role === 'trainer' ? ranks : replicas,
          gpus,
          estimate,
          requests,
        };
      });
    }),
  };
}

/** The pipeline of a pipeline file, or of an RlhfPipeline. @throws Error that names the field which is wrong */
export function pipelineForPlan(content: unknown, filename: string): PipelineConfig {
  return pipelineOf(fileAndPods(content).file, filename);
}

/** A pipeline file has no pods: they take the defaults. */
function fileAndPods(content: unknown): { file: unknown; pods: Roles; stagePods: Record<string, Roles> } {
  const { kind, metadata, spec } = (content ?? {}) as {
    kind?: string;
    metadata?: { name?: string };
    spec?: Record<string, unknown>;
  };
  if (kind === undefined || !spec) return { file: content, pods: {}, stagePods: {} };
  if (kind !== 'RlhfPipeline')
    throw new Error(`kind: expected an RlhfPipeline, or a pipeline file; found ${kind}`);
  const { model, template, seed, threads, stages, trainer, rollouts, critics, stagePods } = spec;
  return {
    file: { name: metadata?.name, model, template, seed, threads, stages },
    pods: { trainer, rollouts, critics } as Roles,
    stagePods: (stagePods ?? {}) as Record<string, Roles>,
  };
}

export function printPlan({ name, roles }: ClusterPlan): void {
  const bytes = (estimate: MemoryEstimate | null, part: keyof MemoryEstimate['bytes']) =>
    estimate ? formatBytes(estimate.bytes[part]) : '?';
  const rows = roles.map(({ stage, algorithm, role, pods, gpus, estimate, requests }) => [
    stage === algorithm ? stage : `${stage} (${algorithm})`,
    role,
    String(pods),
    String(gpus),
    estimate ? formatCount(estimate.parameters) : '?',
    estimate ? formatCount(estimate.trainedParameters) : '?',
    ...(['weights', 'gradients', 'moments', 'activations', 'cache'] as const).map((part) =>
      bytes(estimate, part),
    ),
    estimate ? formatBytes(estimate.total) : '?',
    requests.cpu,
    requests.memory,
  ]);
  const head = [
    ...['stage', 'role', 'pods', 'GPUs', 'parameters', 'trained'],
    ...['weights', 'gradients', 'moments', 'activations', 'cache', 'in all', 'cpu', 'memory'],
  ];
  print(`${name}: the pods of each stage, and what each of them takes\n\n${formatTable([head, ...rows])}`);
  const fixed = roles.find(({ estimate }) => estimate)?.estimate?.bytes.fixed;
  const notes = [
    ...(fixed === undefined
      ? []
      : [
          `"in all" contains ${formatBytes(fixed)} for the process itself; the request adds ${100 * MEMORY_MARGIN} % and is rounded up to 64 MiB.`,
        ]),
    ...(roles.some(({ estimate }) => !estimate)
      ? [
          `"?": only the files of the model say how large it is. Such pods ask for ${DEFAULT_MEMORY}; set resources.requests.memory of the role.`,
        ]
      : []),
    'GPUs and resources are fields of trainer, rollouts and critics of an RlhfPipeline.',
  ];
  print(`\n${notes.join('\n')}`);
}
