import { labelOf } from '../progress/stage-labels';
import type { SubmittedPipeline } from './gateway-client';

/** How far a resumed pipeline is: "SFT is done; Reward resumes from …". */
export function describeResumed({ stages }: SubmittedPipeline): string {
  const done = stages
    .filter(({ status }) => status === 'completed')
    .map(({ stage, algorithm }) => labelOf(stage, algorithm));
  const next = stages.find(({ status }) => status !== 'completed');
  const facts = done.map((title) => `${title} is done`);
  if (next)
    facts.push(`${labelOf(next.stage, next.algorithm)} ${next.step > 0 ? resumesFrom(next) : 'is next'}`);
  return facts.join('; ');
}

const resumesFrom = ({ step, totalSteps }: { step: number; totalSteps: number }) =>
  `resumes from its last checkpoint (it had reached step ${step} of ${totalSteps})`;

/**
 * Whether an event comes after the pipeline was resumed. A watch repeats the history before that: events of attempts
 * that are known already, except the one that runs.
 */
export function isNewFor({
  stages,
}: SubmittedPipeline): (data: { runId: string; attempt?: number }) => boolean {
  const known = new Map(
    stages.map(({ runId, attempt, status }) => [runId, status === 'running' ? attempt - 1 : attempt]),
  );
  return ({ runId, attempt = 0 }) => attempt > (known.get(runId) ?? 0);
}
