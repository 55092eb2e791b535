import { type AlgorithmName, descriptorOf } from '@open-chatgpt/pipeline';
import type { TrainingRun } from '@open-chatgpt/resources';
import type { PodDefaults } from '../operator-config';

/** Pods of one role that must start together with the others of their run. */
export interface PodGroup {
  role: string;
  count: number;
  gpus: number;
  resource: string;
  nodeSelector: Record<string, string>;
  tolerations: readonly { key?: string; operator?: string; value?: string; effect?: string }[];
}

/** The pods of a run that need GPUs. */
export function gangOf(run: TrainingRun, algorithm: AlgorithmName, defaults: PodDefaults): PodGroup[] {
  const { trainer, rollouts, critics } = run.spec;
  const hasWorkers = descriptorOf(algorithm).service === 'ppo-actor';
  const groups = [
    { role: 'trainer', count: trainer.ranks, settings: trainer },
    ...(hasWorkers
      ? [
          { role: 'rollout', count: rollouts.replicas, settings: rollouts },
          { role: 'critic', count: critics.replicas, settings: critics },
        ]
      : []),
  ];
  return groups
    .filter(
      ({ settings, count }) => (settings.gpus ?? 0) > 0 && !settings.resourceClaimTemplateName && count > 0,
    )
    .map(({ role, count, settings }) => ({
      role,
      count,
      gpus: settings.gpus!,
      resource: settings.gpuResourceName ?? defaults.gpuResourceName,
      nodeSelector: { ...defaults.nodeSelector, ...settings.nodeSelector },
      tolerations: [...defaults.tolerations, ...(settings.tolerations ?? [])],
    }));
}

/**
 * Whether the operator itself must start the pods of a run together: several pods with GPUs, and no queue, other
 * controller or gang scheduler that does it. One pod alone waits at the scheduler, which explains why.
 */
export function needsAdmission({ spec }: TrainingRun, gang: readonly PodGroup[]): boolean {
  return (
    podsOf(gang) > 1 &&
    spec.queueName === undefined &&
    spec.managedBy === undefined &&
    spec.trainer.schedulerName === undefined
  );
}

const podsOf = (gang: readonly PodGroup[]): number => gang.reduce((sum, { count }) => sum + count, 0);
