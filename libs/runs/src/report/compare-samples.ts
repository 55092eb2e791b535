import { descriptorOf, type ModelKind } from '@open-chatgpt/pipeline';
import { type RecordedEvent, type Sample, type StageSampled, type StageStarted, stagesOf } from '../events';
import type { Comparison, PairComparison } from './schema';

/** The first and the last answers of the last stage with a language model, those whose change matters most first. */
export function compareAnswers(events: readonly RecordedEvent[]): Comparison | null {
  const found = lastSampled(events, 'language-model');
  if (!found) return null;
  const rows = found.samples.map(([before, after]) => ({
    prompt: before.prompt,
    reference: after.reference ?? null,
    before: before.response,
    after: after.response,
    rewardBefore: before.reward ?? null,
    rewardAfter: after.reward ?? null,
    rightBefore: before.right ?? null,
    rightAfter: after.right ?? null,
  }));
  return { ...found.stage, rows: rows.sort((a, b) => importance(b) - importance(a)) };
}

/** The held-out pairs of the last stage with a reward model, those in the wrong order after it first. */
export function comparePairs(events: readonly RecordedEvent[]): PairComparison | null {
  const found = lastSampled(events, 'reward-model');
  if (!found) return null;
  const rows = found.samples.flatMap(([before, after]) => {
    const scores = [before.reward, after.reward, before.rejected?.reward, after.rejected?.reward];
    if (!after.rejected || !scores.every((score) => score !== undefined && Number.isFinite(score))) return [];
    const [chosenBefore, chosenAfter, rejectedBefore, rejectedAfter] = scores as number[];
    const { prompt, response: chosen, rejected } = after;
    return [
      {
        prompt,
        chosen,
        rejected: rejected.response,
        chosenBefore,
        chosenAfter,
        rejectedBefore,
        rejectedAfter,
      },
    ];
  });
  const margin = ({ chosenAfter, rejectedAfter }: (typeof rows)[number]) => chosenAfter - rejectedAfter;
  return rows.length > 0 ? { ...found.stage, rows: rows.sort((a, b) => margin(a) - margin(b)) } : null;
}

/** The samples before and after the last stage that makes such a model and recorded some, each prompt once. */
function lastSampled(events: readonly RecordedEvent[], kind: ModelKind) {
  const sampledBy = ({ stage, algorithm }: StageStarted): StageSampled[] =>
    descriptorOf(algorithm).makes === kind
      ? events.filter(
          (event): event is StageSampled & { time: string } =>
            event.type === 'samples' && event.stage === stage,
        )
      : [];
  for (const start of stagesOf(events).toReversed()) {
    const groups = sampledBy(start);
    const before = groups.find(({ step }) => step === 0);
    const after = groups.at(-1);
    if (!before || !after || after.step === 0) continue;
    const earlier = byPrompt(before.samples);
    const samples = [...byPrompt(after.samples)].flatMap(([prompt, sample]): [Sample, Sample][] => {
      const first = earlier.get(prompt);
      return first ? [[first, sample]] : [];
    });
    return { stage: { stage: start.stage, label: descriptorOf(start.algorithm).label }, samples };
  }
  return null;
}

/** The first sample of each prompt. */
function byPrompt(samples: readonly Sample[]): Map<string, Sample> {
  const first = new Map<string, Sample>();
  for (const sample of samples) if (!first.has(sample.prompt)) first.set(sample.prompt, sample);
  return first;
}

/** Answers that turned wrong come first, then those that turned right, then by the change of the reward. */
function importance({
  rightBefore,
  rightAfter,
  rewardBefore,
  rewardAfter,
}: Comparison['rows'][number]): number {
  const turned = rightBefore === rightAfter || rightBefore === null ? 0 : rightAfter ? 1 : 2;
  const change = Math.abs((rewardAfter ?? 0) - (rewardBefore ?? 0));
  return turned + change / (1 + change);
}
