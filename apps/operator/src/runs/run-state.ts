import { type Condition, controllerOf, setCondition, setReadiness } from '@open-chatgpt/kube';
import type { TrainingRun, TrainingRunStatus } from '@open-chatgpt/resources';
import { readinessOf } from '../kubernetes/readiness';
import { type Deployment, hasCondition, type Job, type Pod } from '../kubernetes/types';
import { modelOf, outcomeOf, recordAttempts, terminationOf } from './pod-outcome';
import { progressOf, type RunFacts } from './progress';

interface Reason {
  reason: string;
  message: string;
}

/** What is known of a run when its state is derived. */
export interface RunObservation {
  run: TrainingRun;
  runId: string;
  algorithm: string;
  job?: Job;
  /** Pods of the trainer, also those that have just departed. */
  pods: readonly Pod[];
  /** Number of pods of all roles that have not ended. */
  remaining: number;
  facts?: RunFacts;
  /** Why the operator holds the pods back: not enough GPUs, for example. */
  held?: Reason;
  /** What Kueue says while the Job waits in its queue. */
  queued?: string;
  /** Why the API server refuses the Job, or the pods of the Job. */
  refused?: Reason;
  rollouts?: Deployment;
  critics?: Deployment;
}

/** What a run needs of the cluster next, besides its status. */
export interface RunState {
  phase: 'Pending' | 'Starting' | 'Running' | 'Suspended' | 'Complete' | 'Failed';
  reason: string;
  message: string;
  /** The Job has completed, but nothing says which model it made: it must be executed once more. */
  lostResult?: boolean;
}

export const isFinished = (status: TrainingRunStatus | undefined): boolean =>
  status?.phase === 'Complete' || status?.phase === 'Failed';

/** How often a run is executed again because nothing says which model it has made. */
const MOST_REPETITIONS = 3;

/** The state of a run: a pure function of its spec and of what is observed. */
export function runState(observation: RunObservation): RunState {
  const { run, runId, job, pods: all, remaining, facts, held, queued, refused } = observation;
  // Pods of an earlier Job of the run say nothing of this one.
  const pods = job ? all.filter(({ metadata }) => controllerOf({ metadata })?.uid === job.metadata.uid) : all;
  if (hasCondition(job, 'Complete'))
    return modelOf(pods, runId) || facts?.model || run.status?.model
      ? { phase: 'Complete', reason: 'Complete', message: 'The run has completed all its steps' }
      : lostResult(run, pods);
  const failed = hasCondition(job, 'Failed');
  if (failed) return failure(failed, pods, observation);
  if (run.spec.suspend)
    return job || remaining > 0
      ? { phase: 'Suspended', reason: 'Suspending', message: 'The pods store a checkpoint and end' }
      : { phase: 'Suspended', reason: 'Suspended', message: 'spec.suspend is true; there are no pods' };
  if (!job) {
    if (refused) return { phase: 'Pending', ...refused };
    return pods.some(isUnfinished)
      ? { phase: 'Pending', reason: 'PodsEnding', message: 'The pods of an earlier Job end first' }
      : { phase: 'Pending', reason: 'JobMissing', message: 'The Job is about to be created' };
  }
  if (job.spec?.suspend) {
    const { queueName } = run.spec;
    if (held) return { phase: 'Pending', ...held };
    const preempted = (run.status?.executionAttempts?.length ?? 0) > 0;
    return queueName
      ? {
          phase: 'Pending',
          reason: preempted ? 'Preempted' : 'Queued',
          message: `The queue ${queueName} has not admitted the run${queued ? `: ${queued}` : ' yet'}`,
        }
      : { phase: 'Pending', reason: 'JobSuspended', message: 'The Job is suspended' };
  }
  return activeState(run, pods, refused);
}

function lostResult(run: TrainingRun, pods: readonly Pod[]): RunState {
  const succeeded = (run.status?.executionAttempts ?? []).filter(({ exitCode }) => exitCode === 0).length;
  const repetitions = Math.floor(succeeded / run.spec.trainer.ranks);
  const lost = pods.some(({ departed }) => !departed)
    ? 'The Job has completed, but its pods do not say which model the run has made'
    : 'The Job has completed, but its pods are gone and no event named the model';
  if (repetitions > MOST_REPETITIONS)
    return { phase: 'Failed', reason: 'ResultLost', message: `${lost}, ${repetitions} times` };
  return {
    phase: 'Starting',
    reason: 'ResultLost',
    message: `${lost}; the run repeats its result`,
    lostResult: true,
  };
}

function activeState(run: TrainingRun, pods: readonly Pod[], refused: Reason | undefined): RunState {
  const alive = pods.filter(isAlive);
  const { ranks } = run.spec.trainer;
  const succeeded = pods.filter(({ status }) => status?.phase === 'Succeeded').length;
  if (succeeded >= ranks)
    return { phase: 'Running', reason: 'Finishing', message: 'The pods have completed' };
  const waiting = alive.filter((pod) => pod.status?.phase !== 'Running');
  if (alive.length + succeeded < ranks)
    return {
      phase: 'Starting',
      ...(refused ?? {
        reason: 'PodsMissing',
        message: `${alive.length} of ${ranks} pods of the trainer exist`,
      }),
    };
  // A pod that waits for another one says nothing; that one has the reason.
  const first = waiting.find(isUnschedulable) ?? waiting[0];
  if (first) return { phase: 'Starting', ...explainWaiting(first) };
  return { phase: 'Running', reason: 'PodsReady', message: 'The pods run' };
}

const isUnschedulable = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === 'PodScheduled' && is === 'False') ?? false;

/** Why a pod does not run: the scheduler's message, or that of its container. */
function explainWaiting(pod: Pod): Reason {
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False')
    return {
      reason: scheduled.reason ?? 'Unschedulable',
      message: `${pod.metadata.name}: ${scheduled.message ?? 'the scheduler has found no node'}`,
    };
  const waiting = pod.status?.containerStatuses?.find(({ state }) => state?.waiting)?.state?.waiting;
  if (waiting?.reason && waiting.reason !== 'ContainerCreating')
    return { reason: waiting.reason, message: `${pod.metadata.name}: ${waiting.message ?? waiting.reason}` };
  return { reason: 'PodsStarting', message: `${pod.metadata.name} starts` };
}

function failure(
  { reason = 'Failed', message = '' }: { reason?: string; message?: string },
  pods: readonly Pod[],
  { runId, facts }: RunObservation,
): RunState {
  const last = pods
    .filter((pod) => (terminationOf(pod)?.exitCode ?? 0) !== 0)
    .sort((a, b) => (terminationOf(a)?.finishedAt ?? '').localeCompare(terminationOf(b)?.finishedAt ?? ''))
    .at(-1);
  const error = (last && outcomeOf(last, runId)?.error) ?? facts?.failure;
  const ended = last && terminationOf(last);
  if (reason === 'DeadlineExceeded')
    return { phase: 'Failed', reason, message: 'The run was active for longer than activeDeadlineSeconds' };
  if (error)
    return {
      phase: 'Failed',
      reason: reason === 'PodFailurePolicy' ? error.code : 'AppFailed',
      message: error.message,
    };
  const how = ended
    ? `the last pod ended with exit code ${ended.exitCode} (${ended.reason ?? 'Error'})`
    : message;
  return {
    phase: 'Failed',
    reason: ended?.reason === 'OOMKilled' ? 'OOMKilled' : 'AppFailed',
    message: `${reason}: ${how}`,
  };
}

/** Whether containers of a pod may run, or will. */
export const isUnfinished = ({ status, departed }: Pod): boolean =>
  !departed && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';

const isAlive = (pod: Pod): boolean => isUnfinished(pod) && !pod.metadata.deletionTimestamp;

/** The status of a run in a state. */
export function runStatus(observation: RunObservation, state: RunState, now: Date): TrainingRunStatus {
  const { run, runId, algorithm, job, pods, facts } = observation;
  const before = run.status ?? {};
  const completed = state.phase === 'Complete';
  const model = modelOf(pods, runId) ?? facts?.model ?? before.model;
  const time = now.toISOString();
  const started = before.startTime ?? job?.status?.startTime;
  const done = completed || state.phase === 'Failed';
  // Kept without a Job: a run that is suspended goes on in the form that it began with.
  const jobName = job?.metadata.name ?? before.jobName;
  return {
    observedGeneration: run.metadata.generation,
    phase: state.phase,
    conditions: conditionsOf(observation, state, now),
    runId,
    algorithm,
    ...(jobName !== undefined && { jobName }),
    ...(before.resumed !== undefined && { resumed: before.resumed }),
    ...(before.resumeRequest !== undefined && { resumeRequest: before.resumeRequest }),
    ...(started && { startTime: started }),
    ...(done && { completionTime: before.completionTime ?? time }),
    ...progressOf(facts, completed),
    ...(model && { model }),
    ...recordAttempts(before, pods, runId),
    ...workersStatus(observation),
  };
}

function workersStatus({
  rollouts,
  critics,
}: RunObservation): Pick<TrainingRunStatus, 'rollouts' | 'critics'> {
  const of = (deployment: Deployment | undefined) =>
    deployment && {
      replicas: deployment.status?.replicas ?? 0,
      ready: deployment.status?.readyReplicas ?? 0,
      selector: selectorText(deployment),
    };
  return { ...(rollouts && { rollouts: of(rollouts) }), ...(critics && { critics: of(critics) }) };
}

function selectorText({ spec }: Deployment): string {
  const { matchLabels = {} } = (spec?.selector ?? {}) as { matchLabels?: Record<string, string> };
  return Object.entries(matchLabels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

function conditionsOf({ run, pods, facts }: RunObservation, state: RunState, now: Date): Condition[] {
  const observedGeneration = run.metadata.generation;
  const { phase, reason, message } = state;
  let conditions: readonly Condition[] | undefined = run.status?.conditions;
  const set = (type: string, isTrue: boolean, why = reason, text = message) => {
    conditions = setCondition(
      conditions,
      { type, status: isTrue ? 'True' : 'False', reason: why, message: text, observedGeneration },
      now,
    );
  };
  const running = phase === 'Running';
  set('Complete', phase === 'Complete');
  set('Failed', phase === 'Failed');
  // True means that there are no pods: who waits for it may take the nodes away.
  set('Suspended', reason === 'Suspended');
  const ready = pods.filter(isAlive).every((pod) => pod.status?.phase === 'Running') && running;
  set('PodsReady', ready);
  const checkpoint = facts?.checkpoint;
  if (checkpoint)
    set(
      'CheckpointCommitted',
      true,
      'CheckpointCommitted',
      `The checkpoint of step ${checkpoint.step} is in the store`,
    );
  const readiness = { state: readinessOf(phase, reason), reason, message, observedGeneration };
  return [...setReadiness(conditions, readiness, now)];
}
