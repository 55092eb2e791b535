import { parsePipeline } from '@open-chatgpt/pipeline';
import { evaluated, recorded, started, step } from '../events.fixture';
import { describeMachine } from '../machine';
import { buildReport, figureTitle, reportSchema, type StageReport, stageLabel } from '.';

// The events span 17 seconds: more than the last part of the run took.
const extras = { name: 'tiny', seconds: 12, peakRssMb: 345, machine: null };

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
    expect(sft.figures.every(({ verdict }) => verdict === null)).toBe(true);
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
      rows: [
        {
          ...{ prompt: 'hi', reference: null, before: 'b', after: 'c', rewardBefore: 0.5, rewardAfter: 1 },
          ...{ rightBefore: null, rightAfter: null },
        },
      ],
    });
    expect(compared(ppo.slice(0, 2))).toMatchObject({ stage: 'sft' });
  });

  it('names the window of a mean over the last steps: a twentieth of them, and whole reports', () => {
    // Each report is the mean of ten steps: 1, 10, 20 … 400.
    const steps = [1, ...Array.from({ length: 40 }, (_, i) => 10 * (i + 1))];
    const reports = steps.map((at) => step('sft', at, { loss: 1000 - at }));
    const [sft] = buildReport(recorded([started('sft'), ...reports]), extras).stages;
    const loss = sft.figures.find(({ metric }) => metric === 'loss')!;
    expect(loss).toMatchObject({ before: 999, after: 605, window: 20, verdict: 'better' });
    expect(figureTitle(loss)).toBe('training loss (first step → mean of the last 20)');
    expect(sft.figures.find(({ metric }) => metric === 'evalLoss')).toMatchObject({ window: null });
  });

  it('does not call a reward better that rose while answers turned wrong', () => {
    const rewardOf = (exactMatchAfter: number) => {
      const [ppo] = buildReport(
        recorded([
          started('ppo'),
          evaluated('ppo', 0, { reward: 0.9, exactMatch: 0.973 }),
          step('ppo', 1),
          evaluated('ppo', 1, { reward: 2.1, exactMatch: exactMatchAfter }),
        ]),
        extras,
      ).stages;
      return ppo.figures.find(({ metric }) => metric === 'reward');
    };
    expect(rewardOf(0.969)).toMatchObject({
      verdict: null,
      remark: 'not called better: held-out exact match got worse, 97.3 % → 96.9 %',
    });
    expect(rewardOf(0.973)).toMatchObject({ verdict: 'better', remark: null });
  });

  it('lists each prompt once, with the reference; answers that turned wrong come first', () => {
    const answers = (at: number, rows: [prompt: string, response: string, right: boolean][]) => ({
      type: 'samples' as const,
      stage: 'ppo',
      step: at,
      samples: rows.map(([prompt, response, right]) => ({ prompt, response, right, reference: '4' })),
    });
    const { comparison } = buildReport(
      recorded([
        started('ppo'),
        answers(0, [
          ['same', '4', true],
          ['turns right', '5', false],
          ['turns wrong', '4', true],
          ['turns wrong', '4', true],
        ]),
        answers(3, [
          ['same', '4', true],
          ['turns right', '4', true],
          ['turns wrong', 'Gladly: 5.', false],
          ['turns wrong', 'Gladly: 5.', false],
        ]),
      ]),
      extras,
    );
    expect(comparison!.rows.map(({ prompt }) => prompt)).toEqual(['turns wrong', 'turns right', 'same']);
    expect(comparison!.rows[0]).toMatchObject({
      ...{ reference: '4', rightBefore: true, rightAfter: false, after: 'Gladly: 5.' },
    });
  });

  it('shows the pairs of a reward model as pairs, not as answers', () => {
    const pair = (at: number, prompt: string, chosen: number, rejected: number) => ({
      type: 'samples' as const,
      stage: 'reward',
      step: at,
      samples: [
        { prompt, response: 'good', reward: chosen, rejected: { response: 'bad', reward: rejected } },
      ],
    });
    const { comparison, pairs } = buildReport(
      recorded([started('reward'), pair(0, 'hi', 0.1, 0.2), pair(4, 'hi', 1.5, -1)]),
      extras,
    );
    expect(comparison).toBeNull();
    expect(pairs).toEqual({
      stage: 'reward',
      label: 'Reward',
      rows: [
        {
          ...{ prompt: 'hi', chosen: 'good', rejected: 'bad' },
          ...{ chosenBefore: 0.1, chosenAfter: 1.5, rejectedBefore: 0.2, rejectedAfter: -1 },
        },
      ],
    });
  });

  it('says what a stage read and trained, and where', () => {
    const pipeline = parsePipeline(
      'name: p\nmodel: { path: /m }\nstages: [{ uses: sft, with: { dataset: { path: /rows.jsonl } } }]',
      'p.yaml',
    );
    const machine = describeMachine(3);
    const info = { rows: 8, parameters: 100, trainedParameters: 10 };
    const report = buildReport(
      recorded([{ type: 'started', stage: 'sft', algorithm: 'sft', totalSteps: 1, step: 0, info }]),
      { ...extras, machine, pipeline },
    );
    expect(report.stages[0]).toMatchObject({ datasets: ['/rows.jsonl'], facts: info });
    expect(report.machine).toMatchObject({ threads: 3, version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    expect(report.config).toContain('/rows.jsonl');
  });
});
