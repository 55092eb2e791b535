import type { Pod } from '../kubernetes/types';

export interface PodProblem {
  reason: string;
  message: string;
  /** The pod does not become ready without help. */
  failing: boolean;
}

/** Waiting reasons that are part of every start. */
const EVERYDAY = new Set(['ContainerCreating', 'PodInitializing']);

/** Why a pod is not ready: the scheduler's message, that of its container, or the end of the last one; null when it is. */
export function podProblem(pod: Pod): PodProblem | null {
  const problem = (reason: string, message: string, failing: boolean): PodProblem => ({
    reason,
    message: `${pod.metadata.name}: ${message}`,
    failing,
  });
  const { conditions = [], containerStatuses = [], phase } = pod.status ?? {};
  const scheduled = conditions.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False')
    return problem(
      scheduled.reason ?? 'Unschedulable',
      scheduled.message ?? 'the scheduler has found no node',
      true,
    );
  for (const { state, lastState } of containerStatuses) {
    const ended = state?.terminated ?? lastState?.terminated;
    const how =
      ended && `ended with exit code ${ended.exitCode} (${ended.reason ?? 'Error'})${lastLine(ended)}`;
    const { reason, message } = state?.waiting ?? {};
    if (reason && !EVERYDAY.has(reason)) return problem(reason, how ?? message ?? reason, true);
    if (state?.terminated) return problem(state.terminated.reason ?? 'Error', how!, true);
  }
  if (containerStatuses.length > 0 && containerStatuses.every(({ ready }) => ready)) return null;
  return phase === 'Running'
    ? problem('ModelLoading', 'it runs, and has not loaded its model yet', false)
    : problem('PodsStarting', 'it starts', false);
}

/** The last line of what a container said at its end. */
function lastLine({ message }: { message?: string }): string {
  const line = message?.trim().split('\n').at(-1)?.trim();
  return line ? `: ${line.slice(0, 1024)}` : '';
}
