import type { RecordedEvent } from '@open-chatgpt/runs';
import { comparedSamples, recordedLedger } from './recorded-ppo';

const time = '2026-01-01T00:00:00.000Z';
const samples = (step: number, response: string, reward?: number): RecordedEvent => ({
  type: 'samples',
  stage: 'ppo',
  step,
  time,
  samples: [{ prompt: 'hi', response, reward }],
});

describe('comparedSamples', () => {
  it('takes the first and the last evaluation', () => {
    const events = [samples(0, 'a', 1), samples(10, 'b', 2), samples(20, 'c', 3), samples(20, 'd', 4)];
    expect(comparedSamples(events)).toEqual([
      { prompt: 'hi', sft: 'a', ppo: 'd', rewardSft: 1, rewardPpo: 4 },
    ]);
  });

  it('is empty until PPO was evaluated twice', () => {
    expect(comparedSamples([])).toEqual([]);
    expect(comparedSamples([samples(0, 'a')])).toEqual([]);
  });
});

describe('recordedLedger', () => {
  it('reads what PPO came to', () => {
    const summary = { generated: 10, trained: 8, dropped: '{"empty":2}' };
    const events: RecordedEvent[] = [{ type: 'finished', stage: 'ppo', summary, time }];
    expect(recordedLedger(events)).toEqual({ generated: 10, trained: 8, dropped: { empty: 2 }, open: 0 });
  });

  it('knows nothing before', () => {
    expect(recordedLedger([samples(0, 'a')])).toBeUndefined();
  });
});
