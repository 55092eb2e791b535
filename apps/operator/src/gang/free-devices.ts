import { hasCondition, type Node, type Pod } from '../kubernetes/types';
import type { PodGroup } from './pod-group';

/** The GPUs that are free on each node, after the pods on it and those that admitted runs will still start. */
export class FreeDevices {
  private readonly nodes: readonly Node[];
  private readonly free = new Map<string, Map<string, number>>();
  /** Over all nodes, by resource. */
  private readonly total = new Map<string, number>();

  constructor(nodes: readonly Node[], pods: readonly Pod[]) {
    this.nodes = nodes.filter((node) => !node.spec?.unschedulable && hasCondition(node, 'Ready'));
    for (const { metadata, status } of this.nodes) {
      const amounts = Object.entries(status?.allocatable ?? {}).map(
        ([name, text]) => [name, Number(text)] as const,
      );
      this.free.set(metadata.name!, new Map(amounts));
      for (const [name, amount] of amounts) this.total.set(name, (this.total.get(name) ?? 0) + amount);
    }
    for (const pod of pods) {
      if (!pod.spec?.nodeName || isFinished(pod)) continue;
      for (const { resources } of pod.spec.containers ?? [])
        for (const [name, text] of Object.entries({ ...resources?.limits, ...resources?.requests }))
          this.take(pod.spec.nodeName, name, Number(text));
    }
  }

  /** Takes devices for pods that will start, as far as there are any. */
  reserve(groups: readonly PodGroup[]): void {
    for (const group of groups) this.place(group);
  }

  /** Takes devices for all pods of a gang, or for none. @returns why not all of them fit, or null */
  admit(gang: readonly PodGroup[]): string | null {
    const taken: Placement[] = [];
    const missing = gang.flatMap((group) => {
      const placed = this.place(group);
      taken.push(...placed);
      if (placed.length === group.count) return [];
      return `${group.count - placed.length} of ${group.count} ${group.role} pods (${group.gpus} ${group.resource} each)`;
    });
    if (missing.length === 0) return null;
    for (const { node, resource, amount } of taken) this.take(node, resource, -amount);
    const found = new Set(gang.map((group) => this.matching(group)));
    return `No room for ${missing.join(' and ')}; free where they may run: ${[...found].join(', ')}. All pods of a run start together, or none`;
  }

  /** What is free on the nodes on which pods of a group may run. */
  private matching({ resource, nodeSelector, tolerations }: PodGroup): string {
    const nodes = this.nodes.filter(
      (node) =>
        node.status?.allocatable?.[resource] !== undefined && matches(node, nodeSelector, tolerations),
    );
    const free = nodes.reduce(
      (sum, { metadata }) => sum + Math.max(0, this.freeOn(metadata.name!, resource)),
      0,
    );
    return `${free} ${resource} on ${nodes.length} nodes`;
  }

  /** Places as many pods as fit, each on the fullest node that has room. */
  private place({ count, gpus, resource, nodeSelector, tolerations }: PodGroup): Placement[] {
    const placed: Placement[] = [];
    // With a thousand runs waiting in a full cluster, a reconcile must not scan all nodes.
    if ((this.total.get(resource) ?? 0) < gpus) return placed;
    const candidates = this.nodes.filter((node) => matches(node, nodeSelector, tolerations));
    while (placed.length < count) {
      let fullest: string | undefined;
      for (const { metadata } of candidates) {
        const room = this.freeOn(metadata.name!, resource);
        if (room >= gpus && (fullest === undefined || room < this.freeOn(fullest, resource)))
          fullest = metadata.name;
      }
      if (fullest === undefined) break;
      this.take(fullest, resource, gpus);
      placed.push({ node: fullest, resource, amount: gpus });
    }
    return placed;
  }

  private freeOn(node: string, resource: string): number {
    return this.free.get(node)?.get(resource) ?? 0;
  }

  private take(node: string, resource: string, amount: number): void {
    const amounts = this.free.get(node);
    const before = amounts?.get(resource);
    if (before === undefined) return;
    amounts!.set(resource, before - amount);
    this.total.set(resource, (this.total.get(resource) ?? 0) - amount);
  }
}

interface Placement {
  node: string;
  resource: string;
  amount: number;
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
