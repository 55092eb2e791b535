import type { RecordedEvent } from '../events';
import { elapsedSeconds } from './elapsed';

const started = (time: string, step: number): RecordedEvent => ({
  type: 'started',
  stage: 'sft',
  algorithm: 'sft',
  totalSteps: 10,
  step,
  info: {},
  time,
});
const warning = (time: string): RecordedEvent => ({ type: 'warning', stage: 'sft', message: '', time });

describe('elapsedSeconds', () => {
  it('adds the parts of a run and leaves out the pause between them', () => {
    const events = [
      started('2026-01-01T00:00:00Z', 0),
      warning('2026-01-01T00:00:10Z'),
      started('2026-01-01T08:00:00Z', 5),
      warning('2026-01-01T08:00:02.5Z'),
    ];
    expect(elapsedSeconds(events)).toBe(12.5);
  });

  it('is 0 without events', () => {
    expect(elapsedSeconds([])).toBe(0);
  });
});
