import { evaluated, recorded, started, step } from '../events.fixture';
import { buildReport, reportSchema, type StageReport, stageLabel } from '.';

// The events span 17 seconds: more than the last part of the run took.
const extras = { name: 'tiny', seconds: 12, peakRssMb: 345 };

const events = recorded([
  started('sft'),
  evaluated('sft', 0, { evalLoss: 4, exactMatch: 0 }),
  step('sft', 1, { loss: 4.1 }),
  evaluated('sft', 1, { evalLoss: 3, exactMatch: 0.5 }),
  step('sft', 2, { loss: 1.5 }),
  evaluated('sft', 2, { evalLoss: 1 }),
  evaluated('sft', 2, { exactMatch: 0.9 }),
  started('reward'),
  evaluated('reward', 0, { accuracy: 0.5, pairs: 64 }),
  step('reward', 1, { loss: 0.7 }),
  evaluated('reward', 1, { accuracy: 0.95, pairs: 64 }),
  started('ppo'),
  evaluated('ppo', 0, { reward: 0.1, rewardStd: 0.9 }),
  step('ppo', 1, { reward: 0.2, kl: 0.5 }),
  { type: 'warning', stage: 'ppo', message: 'KL is high' },
  step('ppo', 2, { reward: 0.8, kl: 3 }),
  evaluated('ppo', 2, { reward: 1.2, rewardStd: 0.4 }),
  {
    type: 'finished',
    stage: 'ppo',
    summary: { generated: 5, trained: 3, dropped: '{"empty response":2}' },
  },
]);

const figuresOf = ({ figures }: StageReport) =>
  Object.fromEntries(figures.map(({ metric, before, after }) => [metric, [before, after]]));

describe('the report', () => {
  it('takes its figures from the events', () => {
    const report = buildReport(events, extras);
    expect(reportSchema.parse(report)).toEqual(report);
    const [sft, reward, ppo] = report.stages;
    expect(sft).toMatchObject({ name: 'sft', algorithm: 'sft', label: 'SFT', steps: 2, tokens: 200 });
    expect(sft.tokensPerSecond).toBe(200);
    expect(figuresOf(sft)).toEqual({ loss: [4.1, 1.5], evalLoss: [4, 1], exactMatch: [0, 0.9] });
    expect(figuresOf(reward)).toMatchObject({ accuracy: [0.5, 0.95], pairs: [64, 64] });
    expect(figuresOf(ppo)).toMatchObject({ reward: [0.1, 1.2], rewardStd: [0.9, 0.4], kl: [0.5, 3] });
    expect(ppo.ledger).toEqual({ generated: 5, trained: 3, dropped: { 'empty response': 2 } });
    expect(report).toMatchObject({ seconds: 17, peakRssMb: 345, startedAt: '2030-01-01T00:00:00.000Z' });
    expect(report.warnings).toEqual(['ppo: KL is high']);
  });

  it('has no stage that did not run, and null for what was not measured', () => {
    expect(buildReport([], extras)).toMatchObject({ stages: [], comparison: null, startedAt: null });
    const [sft] = buildReport(
      recorded([started('sft'), step('sft', 1, { loss: Number.NaN })]),
      extras,
    ).stages;
    expect(figuresOf(sft)).toEqual({ loss: [null, null], evalLoss: [null, null], exactMatch: [null, null] });
    expect(sft.ledger).toBeUndefined();
  });

  it('keeps two stages of one algorithm apart', () => {
    const twice = recorded([
      started('sft'),
      step('sft', 1, { loss: 2 }),
      { type: 'started', stage: 'second', algorithm: 'sft', totalSteps: 1, step: 0, info: {} },
      step('second', 1, { loss: 1 }),
    ]);
    const { stages } = buildReport(twice, extras);
    expect(stages.map((stage) => [stageLabel(stage), figuresOf(stage).loss])).toEqual([
      ['SFT', [2, 2]],
      ['SFT (second)', [1, 1]],
    ]);
  });

  it('divides the time of a step where the algorithm reports what it is spent on', () => {
    const timed = [1, 2].map((at) =>
      step('ppo', at, { rolloutSeconds: at, scoreSeconds: 1, learnSeconds: 2.5 }),
    );
    const [ppo] = buildReport(recorded([started('ppo'), ...timed]), extras).stages;
    expect(ppo.timeShares).toEqual({ sampling: 0.3, scoring: 0.2, learning: 0.5 });
    const [untimed] = buildReport(recorded([started('ppo'), step('ppo', 1, { reward: 1 })]), extras).stages;
    expect(untimed.timeShares).toBeUndefined();
  });

  it('does not call the evaluation before the stage one after it', () => {
    const [reward] = buildReport(
      recorded([started('reward'), evaluated('reward', 0, { accuracy: 0.5 })]),
      extras,
    ).stages;
    expect(figuresOf(reward).accuracy).toEqual([0.5, null]);
  });

  it('compares the answers of the last stage that makes a language model', () => {
    const sample = (stage: string, at: number, response: string, reward?: number) =>
      ({ type: 'samples', stage, step: at, samples: [{ prompt: 'hi', response, reward }] }) as const;
    const sampled = [
      started('sft'),
      sample('sft', 0, 'a'),
      sample('sft', 5, 'b'),
      started('reward'),
      sample('reward', 0, 'x'),
      sample('reward', 5, 'y'),
    ].map((event) => (event.type === 'samples' ? { ...event, samples: [...event.samples] } : event));
    const compared = (more: typeof sampled) =>
      buildReport(recorded([...sampled, ...more]), extras).comparison;
    expect(compared([])).toMatchObject({ stage: 'sft', rows: [{ before: 'a', after: 'b' }] });
    const ppo = [started('ppo'), sample('ppo', 0, 'b', 0.5), sample('ppo', 3, 'c', 1)].map((event) =>
      event.type === 'samples' ? { ...event, samples: [...event.samples] } : event,
    );
    expect(compared(ppo)).toEqual({
      stage: 'ppo',
      label: 'PPO',
      rows: [{ prompt: 'hi', before: 'b', after: 'c', rewardBefore: 0.5, rewardAfter: 1 }],
    });
    expect(compared(ppo.slice(0, 2))).toMatchObject({ stage: 'sft' });
  });
});
