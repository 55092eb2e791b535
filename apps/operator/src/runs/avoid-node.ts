import { controllerOf, type KubeClient } from '@open-chatgpt/kube';
import type { TrainingRun } from '@open-chatgpt/resources';
import type { Held } from '../gang/gang-admission';
import { FIELD_MANAGER } from '../kubernetes/names';
import { hasCondition, isEnded, type Job, kinds, type Pod } from '../kubernetes/types';
import { EXIT } from './job';
import { terminationOf } from './pod-outcome';
import type { RunJobs } from './run-jobs';

/** The nodes that a Job avoids: the cache of Jobs has no templates. */
const AVOIDED = 'open-chatgpt.io/avoided-nodes';

/** The largest weight that a preference may have: more than those of the user. */
const WEIGHT = 100;

/**
 * Makes the next pod of a run prefer other nodes than those whose machine was at fault (exit code 71: the disk is full, a
 * device is missing). It is a preference: the only node of a cluster is tried again. All pods of a Job have one template, which
 * may change only while the Job is suspended and has no start time. So the Job is suspended first, then its start time is
 * removed, as Kueue does; later calls change and start it.
 * @param options.starts whether to start the Job again: false where gang admission does it
 * @returns the Job, and why it waits
 */
export async function avoidNodes(
  { client, jobs }: { client: KubeClient; jobs: Pick<RunJobs, 'setSuspended'> },
  run: TrainingRun,
  { job, pods, starts }: { job: Job | undefined; pods: readonly Pod[]; starts: boolean },
): Promise<{ job?: Job; held?: Held }> {
  // Kueue alone suspends and starts what is in its queues.
  if (!job || isEnded(job) || run.spec.suspend || run.spec.queueName !== undefined) return { job };
  const avoided = job.metadata.annotations?.[AVOIDED]?.split(',') ?? [];
  const faulty = pods
    .filter((pod) => controllerOf(pod)?.uid === job.metadata.uid)
    .filter((pod) => terminationOf(pod)?.exitCode === EXIT.elsewhere)
    .flatMap(({ spec }) => spec?.nodeName ?? [])
    .filter((node) => !avoided.includes(node));
  if (faulty.length === 0) {
    const changed = avoided.length > 0 && job.spec?.suspend && starts;
    return { job: changed ? await jobs.setSuspended(job, false) : job };
  }
  const { name, namespace, resourceVersion } = job.metadata;
  const patch = (
    { metadata = {}, ...change }: { metadata?: object; spec?: object; status?: object },
    subresource?: string,
  ) =>
    client.mergePatch(
      kinds.jobs,
      { name: name!, namespace },
      { ...change, metadata: { ...metadata, resourceVersion } },
      { fieldManager: FIELD_MANAGER, subresource },
    );
  const held = {
    reason: 'NodeAvoided',
    message: `The node ${faulty[0]} was at fault (exit code ${EXIT.elsewhere}); the next pod prefers another one`,
  };
  if (!job.spec?.suspend) {
    // An outdated cache must not suspend a Job that was started again meanwhile.
    const now = await client.find(kinds.jobs, { name: name!, namespace });
    return now?.metadata.resourceVersion === resourceVersion
      ? { job: await jobs.setSuspended(job, true), held }
      : { job, held };
  }
  if (!hasCondition(job, 'Suspended')) return { job, held };
  if (job.status?.startTime) return { job: await patch({ status: { startTime: null } }, 'status'), held };
  const nodes = [...new Set([...avoided, ...faulty])];
  const affinity = withoutNodes(run.spec.trainer.affinity, nodes);
  const annotations = { [AVOIDED]: nodes.join(',') };
  const changed = await patch({ metadata: { annotations }, spec: { template: { spec: { affinity } } } });
  return { job: starts ? await jobs.setSuspended(changed, false) : changed };
}

/** The affinity of the user with a preference for other nodes than these. */
function withoutNodes(
  affinity: TrainingRun['spec']['trainer']['affinity'],
  nodes: readonly string[],
): object {
  const { nodeAffinity = {}, ...others } = (affinity ?? {}) as {
    nodeAffinity?: { preferredDuringSchedulingIgnoredDuringExecution?: object[] };
  };
  // A requirement on the name of a node takes one value.
  const matchFields = nodes.map((node) => ({ key: 'metadata.name', operator: 'NotIn', values: [node] }));
  return {
    ...others,
    nodeAffinity: {
      ...nodeAffinity,
      preferredDuringSchedulingIgnoredDuringExecution: [
        ...(nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution ?? []),
        { weight: WEIGHT, preference: { matchFields } },
      ],
    },
  };
}
