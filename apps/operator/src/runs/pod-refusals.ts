import { type KubeClient, KubeError } from '@open-chatgpt/kube';
import { type Job, kinds } from '../kubernetes/types';

/** How long an answer is used. */
const FRESH_MS = 10_000;

interface Refusal {
  reason: string;
  message: string;
}

/** Why the API server refuses the pods of a Job. The Job controller says so in an Event only. */
export class PodRefusals {
  /** By the uid of the run. */
  private readonly known = new Map<string, { at: number; refusal?: Refusal }>();

  constructor(private readonly client: KubeClient) {}

  /** @param run the uid of the run */
  async of(run: string, { metadata }: Job): Promise<Refusal | undefined> {
    const before = this.known.get(run);
    if (before && performance.now() - before.at < FRESH_MS) return before.refusal;
    const refusal = await this.read(metadata);
    this.known.set(run, { at: performance.now(), refusal });
    return refusal;
  }

  forget(run: string): void {
    this.known.delete(run);
  }

  private async read({ namespace, uid }: Job['metadata']): Promise<Refusal | undefined> {
    try {
      const fieldSelector = `involvedObject.uid=${uid},reason=FailedCreate`;
      const { items } = await this.client.list(kinds.events, { namespace, fieldSelector });
      const message = items.sort((a, b) => timeOf(a).localeCompare(timeOf(b))).at(-1)?.message;
      if (message === undefined) return undefined;
      return { reason: /exceeded quota/.test(message) ? 'QuotaExceeded' : 'PodsRefused', message };
    } catch (error) {
      // Not worth a failed reconciliation: without the permission the condition says that pods are missing.
      if (KubeError.is(error, 'Forbidden')) return undefined;
      throw error;
    }
  }
}

const timeOf = ({ lastTimestamp, eventTime }: { lastTimestamp?: string; eventTime?: string }): string =>
  lastTimestamp ?? eventTime ?? '';
