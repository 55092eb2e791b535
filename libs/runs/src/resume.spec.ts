import { recorded, started, step } from './events.fixture';
import { eventsUpTo, timeUpTo } from './resume';

const run = recorded([
  started('sft'),
  step('sft', 1),
  { type: 'warning', stage: 'sft', message: 'early' },
  step('sft', 2),
  { type: 'checkpointed', stage: 'sft', step: 2, path: 'x' },
  started('sft', 2),
  step('sft', 3),
  { type: 'warning', stage: 'sft', message: 'late' },
  started('reward'),
  step('reward', 3),
]);
const brief = (stage: 'sft' | 'reward', at: number) =>
  eventsUpTo(run, stage, at).map(
    (event) => `${event.stage} ${event.type} ${'step' in event ? event.step : event.time.slice(17, 19)}`,
  );

describe('going back to a checkpoint', () => {
  it('leaves out what will be done again', () => {
    expect(brief('sft', 2)).toEqual([
      'sft started 0',
      'sft step 1',
      'sft warning 02',
      'sft step 2',
      'sft checkpointed 2',
      'reward started 0',
      'reward step 3',
    ]);
  });

  it('leaves out an evaluation that the checkpoint does not have, and keeps one that it has', () => {
    const evaluated = (at: number) =>
      ({ type: 'evaluated', stage: 'sft', step: at, metrics: { evalLoss: at } }) as const;
    const checkpointed = (at: number) =>
      ({ type: 'checkpointed', stage: 'sft', step: at, path: 'x' }) as const;
    const events = recorded([
      started('sft'),
      step('sft', 1),
      evaluated(1),
      checkpointed(1),
      step('sft', 2),
      checkpointed(2),
      started('sft', 2),
      evaluated(2),
    ]);
    const kept = (at: number) => eventsUpTo(events, 'sft', at).map(({ type }) => type);
    expect(kept(1)).toEqual(['started', 'step', 'evaluated', 'checkpointed']);
    expect(kept(2)).toEqual([...kept(1), 'step', 'checkpointed']);
    expect(timeUpTo(events, 'sft', 2)).toBe(events[5].time);
    expect(timeUpTo(events, 'sft', 0)).toBe('');
  });

  it('to the start leaves nothing of the stage', () => {
    expect(brief('sft', 0)).toEqual(['reward started 0', 'reward step 3']);
  });

  it('that is the newest keeps every step', () => {
    expect(brief('reward', 3)).toHaveLength(10);
  });
});
