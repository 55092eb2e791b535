import { type Applied, ownerReference } from '@open-chatgpt/kube';
import { GROUP, type ScaledSettings, type TrainingRun } from '@open-chatgpt/resources';
import { runIdOf, runLabels } from '../kubernetes/names';
import { podTemplate } from '../kubernetes/pod-template';
import type { Deployment } from '../kubernetes/types';
import type { PodDefaults } from '../operator-config';
import { selectorOf } from './job';
import { requestsOf } from './run-requests';

/** The workers of a PPO run beside its learner. They exist while the run is active, and take only its work. */
export const workerRoles = [
  { role: 'rollout', field: 'rollouts', service: 'ppo-actor', processRole: 'rollout' },
  { role: 'critic', field: 'critics', service: 'ppo-critic', processRole: 'all' },
] as const;

export type WorkerRole = (typeof workerRoles)[number];

export const workersName = (run: TrainingRun, { field }: WorkerRole): string =>
  `${run.metadata.name}-${field}`;

/** On a Deployment: a hash of the settings that its pods were made of. */
export const SETTINGS_ANNOTATION = `${GROUP}/settings`;

/**
 * The Deployment of one role. Its replicas are those of the run, which people and autoscalers change.
 * @param hash of the settings of the run
 */
export function workersOf(
  run: TrainingRun,
  worker: WorkerRole,
  hash: string,
  defaults: PodDefaults,
): Applied<Deployment> {
  const settings: ScaledSettings = run.spec[worker.field];
  const { role, service, processRole } = worker;
  const selector = selectorOf(run, role);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: workersName(run, worker),
      namespace: run.metadata.namespace,
      labels: runLabels(run, role),
      annotations: { [SETTINGS_ANNOTATION]: hash },
      ownerReferences: [ownerReference(run)],
    },
    spec: {
      replicas: settings.replicas,
      selector: { matchLabels: selector },
      // A worker holds a model in memory; a second one beside each for the time of a change might not fit.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      template: podTemplate(
        {
          container: role,
          service,
          env: [
            { name: 'OPEN_CHATGPT_ROLE', value: processRole },
            { name: 'OPEN_CHATGPT_RUN_ID', value: runIdOf(run) },
          ],
          labels: {
            ...runLabels(run, role),
            ...(run.spec.queueName && { 'kueue.x-k8s.io/queue-name': run.spec.queueName }),
          },
          requests: requestsOf(run, role, settings),
          priorityClassName: run.spec.priorityClassName,
          readiness: true,
        },
        settings,
        defaults,
      ),
    } as Applied<Deployment>['spec'],
  };
}
