import { controllerOf, type KubeClient, KubeError, type KubeObject, resourceType } from '@open-chatgpt/kube';
import { type Job, kinds } from '../kubernetes/types';

interface Workload extends KubeObject {
  status?: { conditions?: { type: string; status: string; message?: string }[] };
}

const workloads = resourceType<Workload>('kueue.x-k8s.io/v1beta2', 'Workload', 'workloads');

/** How long an answer is used, and after how long to ask again while there is none. */
const FRESH_MS = 60_000;
const NONE_MS = 2_000;

/** Why Kueue has not admitted a Job: it says so in its Workload, which few runs need at the same time. */
export class QueueState {
  /** By the uid of the Job, or of its JobSet. */
  private readonly known = new Map<string, { until: number; message?: string }>();

  constructor(private readonly client: KubeClient) {}

  /** @returns what Kueue says, if anything, and the milliseconds after which to ask again */
  async of(job: Job): Promise<{ message?: string; againMs: number }> {
    const uid = queuedUid(job);
    const now = performance.now();
    let known = this.known.get(uid);
    if (!known || known.until <= now) {
      const message = await this.read(uid, job.metadata.namespace!);
      known = { until: now + (message ? FRESH_MS : NONE_MS), message };
      this.known.set(uid, known);
    }
    return { message: known.message, againMs: Math.max(100, known.until - performance.now()) };
  }

  forget(job: Job | undefined): void {
    if (job) this.known.delete(queuedUid(job));
  }

  private async read(uid: string, namespace: string): Promise<string | undefined> {
    try {
      if (!(await this.client.serves(workloads))) return undefined;
      const labelSelector = `kueue.x-k8s.io/job-uid=${uid}`;
      const { items } = await this.client.list(workloads, { namespace, labelSelector });
      return items[0]?.status?.conditions?.find(
        ({ type, status }) => type === 'QuotaReserved' && status === 'False',
      )?.message;
    } catch (error) {
      // Not worth a failed reconciliation: without the permission the condition names the queue only.
      if (KubeError.is(error, 'Forbidden', 'NotFound')) return undefined;
      throw error;
    }
  }
}

/** Of the Job, or of the JobSet that it is part of: that is what waits in the queue. */
function queuedUid(job: Job): string {
  const owner = controllerOf(job);
  return owner?.kind === kinds.jobSets.kind ? owner.uid : job.metadata.uid!;
}
