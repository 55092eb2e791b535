import { type KubeClient, ownerReference } from '@open-chatgpt/kube';
import type { TrainingRun } from '@open-chatgpt/resources';
import { FIELD_MANAGER, runLabels } from '../kubernetes/names';
import { createOwned } from '../kubernetes/owned';
import { type Job, kinds, type Workload } from '../kubernetes/types';

/** A Workload that nothing watches is looked up again after this time, in case someone has deleted it. */
const AGAIN_MS = 5 * 60_000;

/** The only pod group of the Workload of a run. */
const GROUP = 'ranks';

/** How the pods of a run name their Workload. */
export interface WorkloadReference {
  name: string;
  podGroup: string;
}

/**
 * The Workloads by which the scheduler binds all ranks of a run or none: Kubernetes 1.35 with the feature gates GenericWorkload
 * and GangScheduling. Later releases have another API in its place.
 *
 * They do not replace the operator's own admission, which asks first. The scheduler keeps the nodes of the pods that fit for
 * those that do not, for up to 5 minutes at a time, so a gang that is too large keeps all others from devices that are free.
 */
export class GangWorkloads {
  /** By the uid of the run. */
  private readonly known = new Map<string, { minCount: number; at: number }>();

  constructor(private readonly client: KubeClient) {}

  /** What the pods of a run refer to; undefined where the server has no Workloads. */
  async referenceOf({ spec, metadata }: TrainingRun): Promise<WorkloadReference | undefined> {
    if (spec.trainer.ranks === 1 || !(await this.client.serves(kinds.workloads))) return undefined;
    return { name: metadata.name, podGroup: GROUP };
  }

  /**
   * Makes the Workload of a run wait for as many pods as its Job has to complete. The scheduler forgets pods that have ended: it
   * would never bind the pod that is tried again after another rank has completed.
   * @throws NameTakenError when the Workload of the name is another's
   */
  async ensure(run: TrainingRun, job: Job): Promise<void> {
    const { name, namespace, uid } = run.metadata;
    const minCount = run.spec.trainer.ranks - (job.status?.succeeded ?? 0);
    if (minCount < 1 || !(await this.referenceOf(run))) return;
    const known = this.known.get(uid);
    if (known?.minCount === minCount && Date.now() < known.at + AGAIN_MS) return;
    const wanted = workloadOf(run, minCount);
    let found = await createOwned(this.client, kinds.workloads, wanted, run, FIELD_MANAGER);
    if (found && minCountOf(found.object) !== minCount) {
      // A pod group never changes. Without their Workload, pods that are bound run on and the others wait.
      const preconditions = { uid: found.object.metadata.uid };
      await this.client.delete(kinds.workloads, { name, namespace }, { preconditions });
      found = await createOwned(this.client, kinds.workloads, wanted, run, FIELD_MANAGER);
    }
    if (!found) throw new Error(`the Workload ${name} of an earlier run is about to go`);
    this.known.set(uid, { minCount, at: Date.now() });
  }

  /** The run is gone. */
  forget(uid: string): void {
    this.known.delete(uid);
  }
}

const workloadOf = (run: TrainingRun, minCount: number): Workload => ({
  apiVersion: kinds.workloads.apiVersion,
  kind: kinds.workloads.kind,
  metadata: {
    name: run.metadata.name,
    namespace: run.metadata.namespace,
    labels: runLabels(run),
    ownerReferences: [ownerReference(run)],
  },
  spec: { podGroups: [{ name: GROUP, policy: { gang: { minCount } } }] },
});

const minCountOf = ({ spec }: Workload): number | undefined => spec.podGroups[0]?.policy.gang?.minCount;
