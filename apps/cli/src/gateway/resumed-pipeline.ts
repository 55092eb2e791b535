import { labelOf } from '../progress/stage-labels';
import type { SubmittedPipeline } from './gateway-client';

/** Where a pipeline that is taken up again stands: "SFT is done; Reward goes on from …". */
export function describeResumed({ stages }: SubmittedPipeline): string {
  const done = stages
    .filter(({ status }) => status === 'completed')
    .map(({ stage, algorithm }) => labelOf(stage, algorithm));
  const next = stages.find(({ status }) => status !== 'completed');
  const facts = done.map((title) => `${title} is done`);
  if (next) facts.push(`${labelOf(next.stage, next.algorithm)} ${next.step > 0 ? goesOn(next) : 'is next'}`);
  return facts.join('; ');
}

const goesOn = ({ step, totalSteps }: { step: number; totalSteps: number }) =>
  `goes on from its last checkpoint (it had reached step ${step} of ${totalSteps})`;

/**
 * Tells the events of a pipeline that come after it was taken up from its history, which a watch gives again: those are of
 * attempts at its runs that are known already.
 */
export function isNewFor({
  stages,
}: SubmittedPipeline): (data: { runId: string; attempt?: number }) => boolean {
  const known = new Map(stages.map(({ runId, attempt }) => [runId, attempt]));
  return ({ runId, attempt = 0 }) => attempt > (known.get(runId) ?? 0);
}
