import { controllerOf, ownerReference } from '@open-chatgpt/kube';
import { labels, type TrainingRun } from '@open-chatgpt/resources';
import { hasCondition, type Job, type JobSet, kinds } from '../kubernetes/types';
import { KUEUE } from './job';

/** The only replicated job of the JobSet of a run; a part of the names of its Job and pods. */
const RANKS = 'ranks';

/** Names of pods are host names. */
const LONGEST_NAME = 63;

/** The name of the Job that JobSet makes for a run. */
export const jobNameInSet = ({ metadata }: TrainingRun): string => nameInSet(metadata.name);
const nameInSet = (set: string): string => `${set}-${RANKS}-0`;

/**
 * Whether a run may be a JobSet: it has several ranks, and has not begun as a Job. JobSet refuses a name that makes those of
 * the pods too long; a Job does not.
 */
export function mayBeJobSet(run: TrainingRun): boolean {
  const { ranks } = run.spec.trainer;
  const longest = `${jobNameInSet(run)}-${ranks - 1}-abcde`;
  return ranks > 1 && run.status?.jobName !== run.metadata.name && longest.length <= LONGEST_NAME;
}

/**
 * The JobSet of a run: one Job, which decides as it does alone what a failure of a pod means; when it has failed, so has the
 * set. What starts, suspends and queues Jobs sees the set only.
 * @param job as it would be alone, with the name `jobNameInSet`
 */
export function jobSetOf(run: TrainingRun, job: Job): JobSet {
  const { suspend, managedBy, ...spec } = job.spec as Job['spec'] & { managedBy?: string };
  const own = Object.entries(job.metadata.labels ?? {}).filter(([name]) => !name.startsWith(KUEUE));
  return {
    apiVersion: kinds.jobSets.apiVersion,
    kind: kinds.jobSets.kind,
    metadata: { ...job.metadata, name: run.metadata.name },
    spec: {
      suspend,
      ...(managedBy !== undefined && { managedBy }),
      failurePolicy: { maxRestarts: 0 },
      // The Service is made before the set, so that JobSet leaves it alone. On another cluster JobSet makes it (MultiKueue).
      network: { enableDNSHostnames: true, subdomain: run.metadata.name, publishNotReadyAddresses: true },
      replicatedJobs: [
        {
          name: RANKS,
          replicas: 1,
          template: {
            metadata: { labels: { ...Object.fromEntries(own), [labels.runUid]: run.metadata.uid } },
            spec,
          },
        },
      ],
    },
  };
}

/** The JobSet that a Job is part of, if it is. */
export function setOf(job: Job): { name: string; namespace: string; uid: string } | undefined {
  const owner = controllerOf(job);
  return owner?.kind === kinds.jobSets.kind
    ? { name: owner.name, namespace: job.metadata.namespace!, uid: owner.uid }
    : undefined;
}

/**
 * A JobSet as the Job that this cluster does not have: another controller executes the set elsewhere (`managedBy`), and the
 * conditions of the set say how it ended.
 */
export function jobOfElsewhere(set: JobSet): Job {
  const { metadata, spec, status } = set;
  const named = { Completed: 'Complete', Failed: 'Failed' } as Record<string, string>;
  return {
    apiVersion: kinds.jobs.apiVersion,
    kind: kinds.jobs.kind,
    metadata: {
      ...metadata,
      name: nameInSet(metadata.name!),
      ownerReferences: [ownerReference({ ...set, kind: kinds.jobSets.kind })],
    },
    spec: { suspend: spec?.suspend },
    status: {
      ...(!spec?.suspend && { startTime: metadata.creationTimestamp }),
      conditions: Object.keys(named).flatMap((type) => {
        const condition = hasCondition({ status }, type);
        return condition ? [{ ...condition, type: named[type] }] : [];
      }),
    },
  };
}
