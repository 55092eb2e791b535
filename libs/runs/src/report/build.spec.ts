import { evaluated, recorded, started, step } from '../events.fixture';
import { buildReport, reportSchema } from '.';

const extras = { name: 'tiny', seconds: 12, peakRssMb: 345 };
const ledger = { generated: 5, trained: 3, dropped: { 'empty response': 2 }, open: 0 };

const events = recorded([
  started('sft'),
  evaluated('sft', 0, { evalLoss: 4, exactMatch: 0 }),
  step('sft', 1, { loss: 4.1 }),
  evaluated('sft', 1, { evalLoss: 3, exactMatch: 0.5 }),
  step('sft', 2, { loss: 1.5 }),
  evaluated('sft', 2, { evalLoss: 1 }),
  evaluated('sft', 2, { exactMatch: 0.9 }),
  evaluated('reward', 0, { accuracy: 0.5, pairs: 64 }),
  step('reward', 1, { loss: 0.7 }),
  evaluated('reward', 1, { accuracy: 0.95, pairs: 64 }),
  evaluated('ppo', 0, { reward: 0.1, rewardStd: 0.9 }),
  step('ppo', 1, { reward: 0.2, kl: 0.5 }),
  { type: 'warning', stage: 'ppo', message: 'KL is high' },
  step('ppo', 2, { reward: 0.8, kl: 3 }),
  evaluated('ppo', 2, { reward: 1.2, rewardStd: 0.4 }),
]);

describe('the report', () => {
  it('takes its figures from the events', () => {
    const report = buildReport(events, { ...extras, ledger });
    expect(reportSchema.parse(report)).toEqual(report);
    expect(report.sft).toEqual({
      lossFirst: 4.1,
      lossLast: 1.5,
      evalLossBefore: 4,
      evalLossAfter: 1,
      exactMatch: 0.9,
      steps: 2,
      tokens: 200,
      tokensPerSecond: 200,
    });
    expect(report.reward).toMatchObject({ accuracyBefore: 0.5, accuracyAfter: 0.95, pairsEval: 64 });
    expect(report.ppo).toMatchObject({
      rewardFirst: 0.1,
      rewardLast: 1.2,
      rewardStdFirst: 0.9,
      klLast: 3,
      iterations: 2,
      generated: 5,
      trained: 3,
      dropped: { 'empty response': 2 },
    });
    expect(report).toMatchObject({ seconds: 12, peakRssMb: 345, startedAt: '2030-01-01T00:00:00.000Z' });
    expect(report.warnings).toEqual(['ppo: KL is high']);
  });

  it('of stages that did not run is null, and so is what was not measured', () => {
    expect(buildReport([], extras)).toMatchObject({ sft: null, reward: null, ppo: null, startedAt: null });
    const { sft } = buildReport(recorded([step('sft', 1, { loss: Number.NaN })]), extras);
    expect(sft).toMatchObject({
      lossFirst: null,
      evalLossBefore: null,
      evalLossAfter: null,
      exactMatch: null,
    });
  });

  it("divides the time of PPO's iterations among sampling, scoring and learning", () => {
    const timed = [1, 2].map((at) =>
      step('ppo', at, { rolloutSeconds: at, scoreSeconds: 1, learnSeconds: 2.5 }),
    );
    const { ppo } = buildReport(recorded(timed), extras);
    expect(ppo?.timeShares).toEqual({ rollout: 0.3, score: 0.2, learn: 0.5 });
    const untimed = buildReport(recorded([step('ppo', 1, { reward: 1 })]), extras);
    expect(untimed.ppo?.timeShares).toEqual({ rollout: null, score: null, learn: null });
  });

  it('does not call the evaluation before the stage one after it', () => {
    const { reward } = buildReport(recorded([evaluated('reward', 0, { accuracy: 0.5 })]), extras);
    expect(reward).toMatchObject({ accuracyBefore: 0.5, accuracyAfter: null });
  });
});
