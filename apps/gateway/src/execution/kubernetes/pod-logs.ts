import { NotFoundException } from '@nestjs/common';
import type { KubeClient } from '@open-chatgpt/kube';
import type { Run } from '@open-chatgpt/orchestration';
import { labels, labelValue } from '@open-chatgpt/resources';
import { logOf, type RunHistory } from '../../runs/run-history';
import { type LogSelection, RunLogs } from '../run-logs';
import { kinds, type Pod } from './kinds';
import { forClient } from './refused';

/** A pod that has no log yet is asked again after this time. */
const POLL_MS = 1000;

export interface PodLogsOptions {
  client: KubeClient;
  namespace: string;
  history: RunHistory;
}

/** What the pods of a run print, as the API server hands it out while the pods exist. */
export class PodLogs extends RunLogs {
  constructor(private readonly options: PodLogsOptions) {
    super();
  }

  async *read(run: Run, selection: LogSelection, signal: AbortSignal): AsyncGenerator<string> {
    const pods = await this.podsOf(run, selection);
    if (pods.length === 1) return yield* this.linesOf(pods[0], selection, signal);
    // Each line with the name of its pod, one pod after the other: only a trainer's log is followed.
    for (const pod of pods)
      for await (const line of this.linesOf(pod, { ...selection, follow: false }, signal))
        yield `${pod.metadata.name} ${line}`;
  }

  /** @throws NotFoundException when there is no pod (any more) */
  private async podsOf(run: Run, { attempt, role }: LogSelection): Promise<Pod[]> {
    const { client, namespace } = this.options;
    const labelSelector = `${labels.runId}=${labelValue(run.runId)},${labels.role}=${role}`;
    const { items } = await forClient(() => client.list(kinds.pods, { namespace, labelSelector }));
    const pods = items.sort((a, b) => createdAt(a).localeCompare(createdAt(b)));
    if (pods.length === 0)
      throw new NotFoundException(
        `the run "${run.runId}" has no pod of the role ${role} (any more); its logs go with its pods, unless the cluster collects them`,
      );
    if (role !== 'trainer') return pods;
    if (attempt === undefined) return pods.slice(-1);
    const name = await this.podOfAttempt(run, attempt);
    const pod = pods.find(({ metadata }) => metadata.name === name);
    if (pod) return [pod];
    throw new NotFoundException(
      name === undefined
        ? `the run "${run.runId}" has no attempt ${attempt}; it has been started ${run.attempt} times`
        : `the pod ${name} of attempt ${attempt} is gone, and its log with it, unless the cluster collects logs`,
    );
  }

  /** A worker says at the start of an attempt what it is: the host, which in a pod is the pod, and its process. */
  private async podOfAttempt(run: Run, attempt: number): Promise<string | undefined> {
    for await (const logged of this.options.history.read(logOf(run)))
      for (const { entry } of logged)
        if (entry.type === 'run.started' && entry.data.runId === run.runId && entry.data.attempt === attempt)
          return entry.data.worker.split('/')[0];
    return undefined;
  }

  private async *linesOf(
    { metadata: { name = '', namespace } }: Pod,
    { follow, tail }: LogSelection,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    const { client } = this.options;
    const pod = { name, namespace };
    // A container that waits for its image, say, has no log yet.
    while (follow && !signal.aborted) {
      const found = await forClient(() => client.get(kinds.pods, pod));
      if (found.status?.phase !== 'Pending') break;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const query = { follow: follow || undefined, tailLines: tail };
    const lines = client.lines(kinds.pods, pod, { subresource: 'log', query, signal });
    try {
      yield* lines;
    } catch (error) {
      if (!signal.aborted) await forClient(() => Promise.reject(error));
    }
  }
}

const createdAt = ({ metadata }: Pod): string => metadata.creationTimestamp ?? '';
