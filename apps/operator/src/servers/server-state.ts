import { type Condition, setCondition, setReadiness } from '@open-chatgpt/kube';
import type { ModelServer, ModelServerStatus } from '@open-chatgpt/resources';
import type { Deployment, Pod } from '../kubernetes/types';
import { podProblem } from './pod-problem';
import { serverSelector, serverUrl } from './server-objects';

export interface ServerObservation {
  server: ModelServer;
  /** As the cache has it; undefined before it is made. */
  deployment?: Deployment;
  pods: readonly Pod[];
  /** Why there is no Deployment of this spec: the model is not ready, or the spec is wrong. */
  held?: { reason: string; message: string; stalled: boolean };
}

export interface ServerState {
  phase: 'Pending' | 'Starting' | 'Updating' | 'Available' | 'Failing' | 'Stopped';
  reason: string;
  message: string;
  readiness: 'current' | 'reconciling' | 'stalled';
}

/** The state of a server: a pure function of its spec and of what is observed. */
export function serverState({ server, deployment, pods, held }: ServerObservation): ServerState {
  const ready = deployment?.status?.readyReplicas ?? 0;
  if (held) {
    const { stalled, ...why } = held;
    return {
      phase: ready > 0 ? 'Updating' : stalled ? 'Failing' : 'Pending',
      ...why,
      readiness: stalled ? 'stalled' : 'reconciling',
    };
  }
  const { replicas } = server.spec;
  if (!deployment || isOlder(deployment))
    return {
      phase: ready > 0 ? 'Updating' : 'Pending',
      reason: 'DeploymentStarting',
      message: 'The Deployment is about to start its pods',
      readiness: 'reconciling',
    };
  const { replicas: existing = 0, updatedReplicas = 0, conditions = [] } = deployment.status ?? {};
  if (deployment.spec?.replicas === replicas && existing === replicas && updatedReplicas === replicas) {
    if (replicas === 0)
      return {
        phase: 'Stopped',
        reason: 'ScaledToZero',
        message: 'spec.replicas is 0; there are no pods',
        readiness: 'current',
      };
    if (ready === replicas)
      return {
        phase: 'Available',
        reason: 'Available',
        message: `All ${replicas} pods answer`,
        readiness: 'current',
      };
  }
  const problems = pods
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .flatMap((pod) => podProblem(pod) ?? []);
  const failing = problems.find((problem) => problem.failing);
  const late = conditions.some(({ type, status }) => type === 'Progressing' && status === 'False');
  const { reason, message } = failing ??
    problems[0] ?? { reason: 'RollingUpdate', message: `${ready} of ${replicas} pods are ready` };
  return {
    phase: ready > 0 ? 'Updating' : failing ? 'Failing' : 'Starting',
    reason,
    message,
    readiness: late ? 'stalled' : 'reconciling',
  };
}

/** Whether the Deployment's status is older than its spec. */
const isOlder = ({ metadata, status }: Deployment): boolean =>
  (status?.observedGeneration ?? 0) < (metadata.generation ?? 0);

/** The status of a server in a state. */
export function serverStatus(
  observation: ServerObservation,
  state: ServerState,
  now: Date,
): ModelServerStatus {
  const { server, deployment } = observation;
  return {
    observedGeneration: server.metadata.generation,
    phase: state.phase,
    conditions: conditionsOf(observation, state, now),
    replicas: deployment?.status?.replicas ?? 0,
    readyReplicas: deployment?.status?.readyReplicas ?? 0,
    selector: Object.entries(serverSelector(server))
      .map(([name, value]) => `${name}=${value}`)
      .join(','),
    url: serverUrl(server),
  };
}

function conditionsOf({ server, deployment }: ServerObservation, state: ServerState, now: Date): Condition[] {
  const observedGeneration = server.metadata.generation;
  const { reason, message, readiness } = state;
  const ready = deployment?.status?.readyReplicas ?? 0;
  const conditions = setCondition(
    server.status?.conditions,
    ready > 0
      ? {
          type: 'Available',
          status: 'True',
          reason: 'PodsReady',
          message: `${ready} pods answer`,
          observedGeneration,
        }
      : { type: 'Available', status: 'False', reason, message, observedGeneration },
    now,
  );
  return [...setReadiness(conditions, { state: readiness, reason, message, observedGeneration }, now)];
}
