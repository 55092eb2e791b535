import type { ComparedSample, LedgerReport, RecordedEvent } from '@open-chatgpt/runs';

/** The prompts of the first evaluation of PPO with their answers before and after it. */
export function comparedSamples(events: readonly RecordedEvent[]): ComparedSample[] {
  const groups = events.flatMap((event) =>
    event.type === 'samples' && event.stage === 'ppo' ? [event] : [],
  );
  const before = groups.find(({ step }) => step === 0);
  const after = groups.at(-1);
  if (!before || !after || after.step === 0) return [];
  return before.samples.map(({ prompt, response, reward }, i) => ({
    prompt,
    sft: response,
    ppo: after.samples[i].response,
    rewardSft: reward ?? null,
    rewardPpo: after.samples[i].reward ?? null,
  }));
}

/** What became of PPO's samples, once it is finished: also where an earlier part of the run finished it. */
export function recordedLedger(events: readonly RecordedEvent[]): LedgerReport | undefined {
  const finished = events.findLast((event) => event.type === 'finished' && event.stage === 'ppo');
  if (finished?.type !== 'finished') return undefined;
  const { generated, trained, dropped } = finished.summary;
  return {
    generated: Number(generated),
    trained: Number(trained),
    dropped: JSON.parse(String(dropped)) as Record<string, number>,
    open: 0,
  };
}
