import type { DataOf } from '@open-chatgpt/events';
import { ownerReference } from '@open-chatgpt/kube';
import { type AlgorithmName, descriptorOf } from '@open-chatgpt/pipeline';
import { labels, type TrainingRun } from '@open-chatgpt/resources';
import type { WorkloadReference } from '../gang/gang-workloads';
import { runLabels } from '../kubernetes/names';
import { podTemplate } from '../kubernetes/pod-template';
import type { ConfigMap, Job } from '../kubernetes/types';
import type { PodDefaults } from '../operator-config';
import { requestsOf } from './run-requests';

export const TRAINER = 'trainer';

/** Where the trainer finds its request. */
const REQUEST_FOLDER = '/etc/open-chatgpt/run';

/** How a trainer process ends. Each Job has a policy for each of them. */
export const EXIT = {
  /** Configuration or data is wrong, or the training diverged: another attempt fails too. */
  never: 65,
  /** This machine is at fault: its disk is full, a library or device is missing. */
  elsewhere: 71,
  /** The store or the bus stayed away. */
  here: 75,
  /** Another worker has claimed the run. */
  takenOver: 79,
  /** SIGTERM; what is lost since the last checkpoint is made again. */
  interrupted: 143,
} as const;

/** Prefix of the labels of Kueue: the queue, and those that it hands on to pods. */
export const KUEUE = 'kueue.x-k8s.io/';

/** The request of a run as its pod reads it. */
export function requestMap(run: TrainingRun, request: DataOf<'run.requested'>, time: string): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: run.metadata.name,
      namespace: run.metadata.namespace,
      labels: runLabels(run),
      ownerReferences: [ownerReference(run)],
    },
    data: { 'request.json': JSON.stringify({ time, data: request }) },
  };
}

export interface JobOptions {
  /** That of the run by default. */
  name?: string;
  /** The Job is created without pods: Kueue or the operator's own gang admission starts it. */
  suspended: boolean;
  /** What the scheduler binds the pods by, together. */
  workload?: WorkloadReference;
}

/**
 * The Job that executes a run: one pod, or one of each rank. Failures count against `backoffLimit`; evictions, preemption,
 * lost nodes and interruptions do not; a run that can never succeed is given up at once.
 */
export function jobOf(
  run: TrainingRun,
  algorithm: AlgorithmName,
  defaults: PodDefaults,
  { name = run.metadata.name, suspended, workload }: JobOptions,
): Job {
  const { spec, metadata } = run;
  const { ranks } = spec.trainer;
  const own = runLabels(run, TRAINER);
  const ruleFor = (action: string, codes: number[]) => ({
    action,
    onExitCodes: { containerName: TRAINER, operator: 'In', values: codes },
  });
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace: metadata.namespace,
      labels: {
        ...handedOn(metadata.labels),
        ...own,
        [labels.resumed]: String(run.status?.resumed ?? 0),
        ...(spec.queueName && { [`${KUEUE}queue-name`]: spec.queueName }),
      },
      annotations: handedOn(metadata.annotations),
      ownerReferences: [ownerReference(run)],
    },
    spec: {
      suspend: suspended,
      parallelism: ranks,
      completions: ranks,
      completionMode: 'Indexed',
      backoffLimit: spec.backoffLimit,
      ...(spec.activeDeadlineSeconds !== undefined && { activeDeadlineSeconds: spec.activeDeadlineSeconds }),
      ...(spec.managedBy !== undefined && { managedBy: spec.managedBy }),
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          ruleFor('FailJob', [EXIT.never]),
          ruleFor('Ignore', [EXIT.takenOver, EXIT.interrupted]),
        ],
      },
      template: podTemplate(
        {
          container: TRAINER,
          service: descriptorOf(algorithm).service,
          args: ['run', '--request', `${REQUEST_FOLDER}/request.json`],
          env: [
            { name: 'OPEN_CHATGPT_ROLE', value: 'learner' },
            { name: 'OPEN_CHATGPT_POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            ...(ranks > 1 ? rankVariables(run, name) : []),
          ],
          labels: { ...handedOn(metadata.labels), ...own },
          requests: requestsOf(run, TRAINER, spec.trainer),
          priorityClassName: spec.priorityClassName,
          restartPolicy: 'Never',
          ...(ranks > 1 && { subdomain: metadata.name }),
          workloadRef: workload,
          mounted: { configMap: metadata.name, path: REQUEST_FOLDER },
        },
        spec.trainer,
        defaults,
      ),
    } as Job['spec'],
  };
}

/** Labels and annotations of other controllers that a resource hands on to its Job and pods. */
function handedOn(given: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(given).filter(([name]) => name.startsWith(KUEUE)));
}

/** The ranks find each other by the headless Service of the run; the name of a pod of an Indexed Job ends in its index. */
function rankVariables(
  { metadata, spec }: TrainingRun,
  job: string,
): { name: string; value?: string; valueFrom?: object }[] {
  return [
    {
      name: 'OPEN_CHATGPT_RANK',
      valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-completion-index']" } },
    },
    { name: 'OPEN_CHATGPT_WORLD_SIZE', value: String(spec.trainer.ranks) },
    {
      name: 'OPEN_CHATGPT_COORDINATOR',
      value: `${job}-0.${metadata.name}.${metadata.namespace}.svc`,
    },
  ];
}

/** The selector of the pods of a role of a run. */
export const selectorOf = (run: TrainingRun, role: string): Record<string, string> => ({
  [labels.runId]: runLabels(run)[labels.runId],
  [labels.role]: role,
});
