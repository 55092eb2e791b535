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

/** The outcome that the pod of a trainer reports; undefined while it runs, and when it died without a word. */
export function outcomeOf(pod: Pod): Outcome | undefined {
  const message = terminationOf(pod)?.message;
  if (!message) return undefined;
  try {
    return outcomeSchema.safeParse(JSON.parse(message)).data;
  } catch {
    return undefined;
  }
}

/** Whether the end of a pod counts as a disruption: the cluster's doing, not the run's. */
function isDisruption(pod: Pod): boolean {
  const exitCode = terminationOf(pod)?.exitCode;
  return (
    hasCondition(pod, 'DisruptionTarget') !== undefined ||
    exitCode === EXIT.interrupted ||
    exitCode === EXIT.takenOver
  );
}

const hasFailed = (pod: Pod) => pod.status?.phase === 'Failed' || (terminationOf(pod)?.exitCode ?? 0) !== 0;

/** What became of one pod of the trainer. */
function executionAttempt(pod: Pod): ExecutionAttempt {
  const { status, spec, metadata } = pod;
  const ended = terminationOf(pod);
  const outcome = outcomeOf(pod);
  const message = outcome?.error?.message ?? (outcome ? undefined : ended?.message) ?? status?.message;
  const reason = reasonOf(pod);
  return {
    pod: metadata.name!,
    uid: metadata.uid!,
    ...(spec?.nodeName && { node: spec.nodeName }),
    ...(status?.startTime && { startTime: status.startTime }),
    ...(ended?.finishedAt && { endTime: ended.finishedAt }),
    ...(ended && { exitCode: ended.exitCode }),
    ...(reason && { reason }),
    ...(message && { message: message.slice(0, 1024) }),
  };
}

function reasonOf(pod: Pod): string | undefined {
  const disruption = hasCondition(pod, 'DisruptionTarget');
  if (disruption) return disruption.reason ?? 'Disrupted';
  const ended = terminationOf(pod);
  if (!ended) return pod.status?.reason;
  if (ended.exitCode === 0) return 'Completed';
  if (ended.exitCode === EXIT.interrupted) return 'Interrupted';
  if (ended.exitCode === EXIT.takenOver) return 'TakenOver';
  return outcomeOf(pod)?.error?.code ?? ended.reason ?? 'Error';
}

/** The most attempts that a status keeps. */
const KEPT = 10;

/**
 * The attempts after a look at the pods. Pods that are gone keep what was last known of them, so failures and disruptions
 * are counted once for each pod.
 */
export function recordAttempts(
  before: Pick<TrainingRunStatus, 'executionAttempts' | 'failures' | 'disruptions'>,
  pods: readonly Pod[],
): Required<Pick<TrainingRunStatus, 'executionAttempts' | 'failures' | 'disruptions'>> {
  const known = new Map((before.executionAttempts ?? []).map((one) => [one.uid, one]));
  let { failures = 0, disruptions = 0 } = before;
  // An older pod has left the list, and would count again.
  for (const pod of [...pods].sort(byAge).slice(-KEPT)) {
    const previous = known.get(pod.metadata.uid!);
    const next = executionAttempt(pod);
    if (hasFailed(pod) && previous?.exitCode === undefined && !previous?.endTime) {
      if (isDisruption(pod)) disruptions += 1;
      else failures += 1;
    }
    known.set(
      next.uid,
      hasFailed(pod) && !next.endTime ? { ...next, endTime: previous?.endTime ?? timeOf(pod) } : next,
    );
  }
  return { executionAttempts: [...known.values()].slice(-KEPT), failures, disruptions };
}

const timeOf = ({ metadata, status }: Pod) => status?.startTime ?? metadata.creationTimestamp;

const byAge = (a: Pod, b: Pod) =>
  (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') ||
  a.metadata.name!.localeCompare(b.metadata.name!);
