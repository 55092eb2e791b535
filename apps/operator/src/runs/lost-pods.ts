import type { EventRecorder, KubeClient } from '@open-chatgpt/kube';
import type { TrainingRun } from '@open-chatgpt/resources';
import type { Caches } from '../kubernetes/caches';
import { FIELD_MANAGER } from '../kubernetes/names';
import { hasCondition, kinds, type Pod } from '../kubernetes/types';
import { isUnfinished } from './run-state';

/** A pod on a lost node that should have ended this long ago never will. */
const LOST_POD_MS = 15_000;

export interface LostPodsOptions {
  client: KubeClient;
  caches: Caches;
  recorder: EventRecorder;
}

/**
 * Ends the pods of lost nodes, whose kubelets report nothing any more, so that others can start elsewhere. A Job replaces a pod
 * only when it has failed, and counts it only then: so the pod fails first and is deleted after that, as the garbage collector
 * of Kubernetes does with a node that is out of service. Should the old process still run, the fencing token of the run keeps
 * it from writing.
 * @returns the milliseconds after which to call this again, if a pod still has time to end by itself
 */
export async function endLostPods(
  run: TrainingRun,
  pods: readonly Pod[],
  { client, caches, recorder }: LostPodsOptions,
): Promise<number | undefined> {
  let next: number | undefined;
  for (const pod of pods) {
    const { deletionTimestamp, uid } = pod.metadata;
    const name = { name: pod.metadata.name!, namespace: pod.metadata.namespace };
    if (!deletionTimestamp || !isUnfinished(pod) || !isOnLostNode(pod, caches)) continue;
    const wait = Date.parse(deletionTimestamp) + LOST_POD_MS - Date.now();
    if (wait > 0) {
      next = Math.min(next ?? wait, wait);
      continue;
    }
    await fail(client, pod);
    await client.delete(kinds.pods, name, { gracePeriodSeconds: 0, preconditions: { uid } });
    recorder.record(run, {
      type: 'Warning',
      reason: 'NodeLost',
      message: `Removed the pod ${name.name}: its node ${pod.spec?.nodeName} is not ready`,
      action: 'DeletePod',
    });
  }
  return next;
}

/** The condition makes the pod failure policy of the Job ignore the failure. */
async function fail(client: KubeClient, { metadata, spec }: Pod): Promise<void> {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True' as const,
    reason: 'NodeLost',
    message: `The node ${spec?.nodeName} is not ready, and the pod has not ended in time`,
    lastTransitionTime: new Date().toISOString(),
  };
  await client.apply(
    kinds.pods,
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: metadata.name!, namespace: metadata.namespace, uid: metadata.uid },
      status: { phase: 'Failed', conditions: [condition] },
    },
    { subresource: 'status', fieldManager: FIELD_MANAGER, force: true },
  );
}

/** Whether the node of a pod that is to end no longer answers. Where nodes cannot be read, who evicted the pod says so. */
function isOnLostNode(pod: Pod, { nodes }: Caches): boolean {
  const node = pod.spec?.nodeName && nodes?.get(pod.spec.nodeName);
  if (nodes) return node !== undefined && node !== '' && !hasCondition(node, 'Ready');
  return hasCondition(pod, 'DisruptionTarget')?.reason === 'DeletionByTaintManager';
}
