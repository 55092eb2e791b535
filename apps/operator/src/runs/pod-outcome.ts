import type { Dataref } from '@open-chatgpt/events';
import type { TrainingRunStatus } from '@open-chatgpt/resources';
import { z } from 'zod';
import { hasCondition, type Pod } from '../kubernetes/types';
import { EXIT, TRAINER } from './job';

const outcomeSchema = z.object({
  runId: z.string(),
  attempt: z.int().optional(),
  outcome: z.enum(['completed', 'failed', 'interrupted', 'takenOver', 'unavailable', 'machine']),
  step: z.int().min(0).optional(),
  model: z.object({ uri: z.string(), sha256: z.string(), size: z.int(), version: z.string() }).optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});

/** What a trainer said of its end, in the termination message of its container. */
export type Outcome = z.output<typeof outcomeSchema> & { model?: Dataref };

export type ExecutionAttempt = NonNullable<TrainingRunStatus['executionAttempts']>[number];

export function terminationOf(pod: Pod) {
  return pod.status?.containerStatuses?.find(({ name }) => name === TRAINER)?.state?.terminated;
}

/**
 * The outcome that the pod of a trainer reports of the run; undefined while it runs, when it died without a word, and when it
 * speaks of another run.
 */
export function outcomeOf(pod: Pod, runId: string): Outcome | undefined {
  const message = terminationOf(pod)?.message;
  if (!message) return undefined;
  try {
    const outcome = outcomeSchema.safeParse(JSON.parse(message)).data;
    return outcome?.runId === runId ? outcome : undefined;
  } catch {
    return undefined;
  }
}

/** The model that the pods say the run has made: of several ranks only one writes it. */
export function modelOf(pods: readonly Pod[], runId: string): Dataref | undefined {
  for (const pod of pods) {
    const { outcome, model } = outcomeOf(pod, runId) ?? {};
    if (outcome === 'completed' && model) return model;
  }
  return undefined;
}

/** Whether the end of a pod counts as a disruption: the cluster's doing, not the run's. */
function isDisruption(pod: Pod): boolean {
  const exitCode = terminationOf(pod)?.exitCode;
  return (
    hasCondition(pod, 'DisruptionTarget') !== undefined ||
    exitCode === EXIT.interrupted ||
    exitCode === EXIT.takenOver ||
    // Removed before it ended: by force, or with its node.
    (exitCode === undefined && pod.departed === true)
  );
}

const hasFailed = (pod: Pod): boolean =>
  pod.status?.phase === 'Failed' ||
  (terminationOf(pod)?.exitCode ?? 0) !== 0 ||
  (pod.departed === true && pod.status?.phase !== 'Succeeded');

/** What became of one pod of the trainer. */
function executionAttempt(pod: Pod, runId: string): ExecutionAttempt {
  const { status, spec, metadata } = pod;
  const ended = terminationOf(pod);
  const outcome = outcomeOf(pod, runId);
  const message = outcome?.error?.message ?? (outcome ? undefined : ended?.message) ?? status?.message;
  const reason = reasonOf(pod, outcome);
  const endTime = ended?.finishedAt ?? (hasFailed(pod) ? failedAt(pod) : undefined);
  return {
    pod: metadata.name!,
    uid: metadata.uid!,
    ...(spec?.nodeName && { node: spec.nodeName }),
    ...(status?.startTime && { startTime: status.startTime }),
    ...(endTime && { endTime }),
    ...(ended && { exitCode: ended.exitCode }),
    ...(reason && { reason: reason.slice(0, 128) }),
    ...(message && { message: message.slice(0, 1024) }),
  };
}

function reasonOf(pod: Pod, outcome: Outcome | undefined): string | undefined {
  const disruption = hasCondition(pod, 'DisruptionTarget');
  if (disruption) return disruption.reason ?? 'Disrupted';
  const ended = terminationOf(pod);
  if (!ended) return pod.status?.reason ?? (pod.departed ? 'Deleted' : undefined);
  if (ended.exitCode === 0) return 'Completed';
  if (ended.exitCode === EXIT.interrupted) return 'Interrupted';
  if (ended.exitCode === EXIT.takenOver) return 'TakenOver';
  return outcome?.error?.code ?? ended.reason ?? 'Error';
}

/** When a pod failed whose container says nothing of its end, as after an eviction. */
const failedAt = ({ metadata, status }: Pod): string | undefined =>
  status?.conditions?.find(({ type }) => type === 'DisruptionTarget')?.lastTransitionTime ??
  metadata.deletionTimestamp ??
  status?.startTime ??
  metadata.creationTimestamp;

/** The most attempts that a status keeps. */
const KEPT = 10;

/**
 * The attempts after a look at the pods: the latest ones. Pods that are gone keep what was last known of them, and the end
 * of each pod is counted once.
 */
export function recordAttempts(
  before: Pick<TrainingRunStatus, 'executionAttempts' | 'failures' | 'disruptions'>,
  pods: readonly Pod[],
  runId: string,
): Required<Pick<TrainingRunStatus, 'executionAttempts' | 'failures' | 'disruptions'>> {
  const known = new Map((before.executionAttempts ?? []).map((one) => [one.uid, one]));
  // A pod that ended no later than the oldest attempt has left the list, and was counted.
  const countedUntil = known.size < KEPT ? '' : timeOf([...known.values()].sort(byTime)[0]);
  let { failures = 0, disruptions = 0 } = before;
  for (const pod of pods) {
    const attempt = executionAttempt(pod, runId);
    const previous = known.get(attempt.uid);
    if (!previous && hasFailed(pod) && timeOf(attempt) <= countedUntil) continue;
    if (hasFailed(pod) && !previous?.endTime) {
      if (isDisruption(pod)) disruptions += 1;
      else failures += 1;
    }
    known.set(attempt.uid, attempt);
  }
  return { executionAttempts: [...known.values()].sort(byTime).slice(-KEPT), failures, disruptions };
}

const timeOf = ({ endTime, startTime }: ExecutionAttempt): string => endTime ?? startTime ?? '';

const byTime = (a: ExecutionAttempt, b: ExecutionAttempt): number =>
  timeOf(a).localeCompare(timeOf(b)) || a.pod.localeCompare(b.pod);
