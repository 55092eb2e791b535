import type { DataOf } from '@open-chatgpt/events';
import type { DroppedSample, Rollout, ScoredRollout } from '@open-chatgpt/training';

type RolloutSample = DataOf<'rollout.generated'>['samples'][number];
type ScoredSample = DataOf<'experience.scored'>['samples'][number];
type Dropped = DataOf<'rollout.generated'>['dropped'];

/** Samples as events carry them: 32-bit numbers are written such that they read back to the same bits. */
export function rolloutToEvent({ id, ...rollout }: Rollout): RolloutSample {
  return {
    sampleId: id,
    promptIndex: rollout.promptIndex,
    prompt: [...rollout.prompt],
    response: [...rollout.response],
    endsWithEos: rollout.endsWithEos,
    logProbs: [...rollout.logProbs],
    refLogProbs: [...rollout.refLogProbs],
  };
}

export function rolloutFromEvent({ sampleId, ...sample }: RolloutSample): Rollout {
  return {
    ...sample,
    id: sampleId,
    logProbs: Float32Array.from(sample.logProbs),
    refLogProbs: Float32Array.from(sample.refLogProbs),
  };
}

export function scoredToEvent(scored: ScoredRollout): ScoredSample {
  return {
    ...rolloutToEvent(scored),
    score: scored.score,
    kl: scored.kl,
    values: [...scored.values],
    advantages: [...scored.advantages],
    returns: [...scored.returns],
  };
}

export function scoredFromEvent(sample: ScoredSample): ScoredRollout {
  return {
    ...rolloutFromEvent(sample),
    score: sample.score,
    kl: sample.kl,
    values: Float32Array.from(sample.values),
    advantages: Float64Array.from(sample.advantages),
    returns: Float64Array.from(sample.returns),
  };
}

export const droppedToEvent = (dropped: readonly DroppedSample[]): Dropped =>
  dropped.map(({ id, reason }) => ({ sampleId: id, reason }));

export const droppedFromEvent = (dropped: Dropped): DroppedSample[] =>
  dropped.map(({ sampleId, reason }) => ({ id: sampleId, reason }));
