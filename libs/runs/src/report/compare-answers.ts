import { descriptorOf } from '@open-chatgpt/pipeline';
import { type RecordedEvent, type StageSampled, stagesOf } from '../events';
import type { Comparison } from './schema';

/** The first and the last answers that the last stage with a language model recorded, prompt by prompt. */
export function compareAnswers(events: readonly RecordedEvent[]): Comparison | null {
  for (const { stage, algorithm } of stagesOf(events).toReversed()) {
    const { makes, label } = descriptorOf(algorithm);
    if (makes !== 'language-model') continue;
    const groups = events.filter(
      (event): event is StageSampled & { time: string } => event.type === 'samples' && event.stage === stage,
    );
    const before = groups.find(({ step }) => step === 0);
    const after = groups.at(-1);
    if (before && after && after.step > 0) return { stage, label, rows: rowsOf(before, after) };
  }
  return null;
}

/** An evaluation answers the same prompts in the same order. */
function rowsOf(before: StageSampled, after: StageSampled): Comparison['rows'] {
  return before.samples.slice(0, after.samples.length).map(({ prompt, response, reward }, i) => ({
    prompt,
    before: response,
    after: after.samples[i].response,
    rewardBefore: reward ?? null,
    rewardAfter: after.samples[i].reward ?? null,
  }));
}
