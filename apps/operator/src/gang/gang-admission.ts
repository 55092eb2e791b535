import { type AlgorithmName, descriptorOf } from '@open-chatgpt/pipeline';
import type { TrainingRun } from '@open-chatgpt/resources';
import { labels } from '@open-chatgpt/resources';
import { labelValue, runIdOf } from '../kubernetes/names';
import { hasCondition, type Node, type Pod } from '../kubernetes/types';
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

export interface Cluster {
  nodes: readonly Node[];
  pods: readonly Pod[];
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
  const pods = gang.reduce((sum, { count }) => sum + count, 0);
  return (
    pods > 1 &&
    spec.queueName === undefined &&
    spec.managedBy === undefined &&
    spec.trainer.schedulerName === undefined
  );
}

/** The GPUs that are free on each node, after the pods on it and those that admitted runs will still start. */
export class FreeDevices {
  private readonly free = new Map<string, Map<string, number>>();

  constructor(private readonly cluster: Cluster) {
    for (const node of cluster.nodes) {
      if (node.spec?.unschedulable || !hasCondition(node, 'Ready')) continue;
      const amounts = Object.entries(node.status?.allocatable ?? {}).map(
        ([name, text]) => [name, Number(text)] as const,
      );
      this.free.set(node.metadata.name!, new Map(amounts));
    }
    for (const pod of cluster.pods) {
      if (!pod.spec?.nodeName || isFinished(pod)) continue;
      for (const { resources } of pod.spec.containers ?? [])
        for (const [name, text] of Object.entries({ ...resources?.limits, ...resources?.requests }))
          this.take(pod.spec.nodeName, name, Number(text));
    }
  }

  /** Takes devices for the pods of an admitted run that are not on a node yet, as far as there are any. */
  reserve(run: TrainingRun, gang: readonly PodGroup[]): void {
    const runId = labelValue(runIdOf(run));
    for (const group of gang) {
      const bound = this.cluster.pods.filter(
        ({ metadata, spec }) =>
          spec?.nodeName &&
          metadata.labels?.[labels.runId] === runId &&
          metadata.labels[labels.role] === group.role,
      ).length;
      this.place({ ...group, count: Math.max(0, group.count - bound) });
    }
  }

  /** Takes devices for all pods of a gang. @returns why not all of them fit, or null */
  admit(gang: readonly PodGroup[]): string | null {
    const missing = gang.flatMap((group) => {
      const placed = this.place(group);
      if (placed === group.count) return [];
      return `${group.count - placed} of ${group.count} ${group.role} pods (${group.gpus} ${group.resource} each)`;
    });
    if (missing.length === 0) return null;
    const resources = [...new Set(gang.map(({ resource }) => resource))];
    const totals = resources.map(
      (resource) => `${this.totalFree(resource)} ${resource} on ${this.nodesWith(resource)} nodes`,
    );
    return `No room for ${missing.join(' and ')}; free: ${totals.join(', ')}. All pods of a run start together, or none`;
  }

  /** Places as many pods as fit, each on the fullest node that has room. */
  private place({ count, gpus, resource, nodeSelector, tolerations }: PodGroup): number {
    let placed = 0;
    for (; placed < count; placed++) {
      const node = this.cluster.nodes
        .filter((one) => matches(one, nodeSelector, tolerations) && this.freeOn(one, resource) >= gpus)
        .sort((a, b) => this.freeOn(a, resource) - this.freeOn(b, resource))[0];
      if (!node) break;
      this.take(node.metadata.name!, resource, gpus);
    }
    return placed;
  }

  private freeOn(node: Node, resource: string): number {
    return this.free.get(node.metadata.name!)?.get(resource) ?? 0;
  }

  private take(node: string, resource: string, amount: number): void {
    const amounts = this.free.get(node);
    const before = amounts?.get(resource);
    if (before !== undefined) amounts!.set(resource, before - amount);
  }

  private totalFree(resource: string): number {
    return [...this.free.values()].reduce((sum, amounts) => sum + Math.max(0, amounts.get(resource) ?? 0), 0);
  }

  private nodesWith(resource: string): number {
    return [...this.free.values()].filter((amounts) => amounts.has(resource)).length;
  }
}

const isFinished = ({ status }: Pod) => status?.phase === 'Succeeded' || status?.phase === 'Failed';

function matches(
  { metadata, spec }: Node,
  nodeSelector: Record<string, string>,
  tolerations: PodGroup['tolerations'],
): boolean {
  const selected = Object.entries(nodeSelector).every(([name, value]) => metadata.labels?.[name] === value);
  const tolerated = (spec?.taints ?? [])
    .filter(({ effect }) => effect !== 'PreferNoSchedule')
    .every((taint) =>
      tolerations.some(
        ({ key, operator = 'Equal', value = '', effect }) =>
          (key === undefined ? operator === 'Exists' : key === taint.key) &&
          (operator === 'Exists' || value === (taint.value ?? '')) &&
          (effect === undefined || effect === taint.effect),
      ),
    );
  return selected && tolerated;
}
