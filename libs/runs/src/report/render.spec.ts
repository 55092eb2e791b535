import { createHash } from 'node:crypto';
import { evaluated, recorded, started, step } from '../events.fixture';
import { describeMachine } from '../machine';
import { buildReport, renderReport } from '.';
import { chartsOf, thin } from './charts';
import { embeddedJson, html } from './html';
import { duration, percent, shown } from './numbers';

const hostile = '</script><script>alert(1)</script><img src=x onerror="alert(1)"> & \u2028';
const extras = { name: 'tiny', seconds: 3700, peakRssMb: 2000, machine: null };
const events = recorded([
  started('sft'),
  evaluated('sft', 0, { evalLoss: 4 }),
  ...Array.from({ length: 5 }, (_, i) =>
    step('sft', i + 1, { loss: 4 - i, learningRate: 1e-3, gradNorm: 1 }),
  ),
  evaluated('sft', 5, { evalLoss: 1 }),
]);

const row = {
  ...{ prompt: '', reference: null, before: '', after: '' },
  ...{ rewardBefore: 0.1, rewardAfter: 1.5, rightBefore: null, rightAfter: null },
};
const scores = { chosenBefore: 0, chosenAfter: 1, rejectedBefore: 0, rejectedAfter: 2 };

const scriptsOf = (page: string) =>
  [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script]) => script);
const dataOf = (page: string) => JSON.parse(/id="data">([\s\S]*?)<\/script>/.exec(page)![1]);

describe('report.html', () => {
  it('stands alone: it names nothing outside itself and allows only its own scripts', () => {
    const page = renderReport(buildReport(events, extras), events);
    expect(/<(link|img|iframe)|src=|@import|url\(/.exec(page)).toBeNull();
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)![1].replaceAll('&#39;', "'");
    expect(policy).toContain("default-src 'none'");
    const scripts = scriptsOf(page);
    expect(scripts).toHaveLength(2);
    for (const script of scripts) {
      expect(policy).toContain(`'sha256-${createHash('sha256').update(script).digest('base64')}'`);
      expect(() => new Function(script)).not.toThrow();
    }
    expect(scripts[0]).toContain('uPlot');
  });

  it('carries the curves as data', () => {
    const [loss, gradientNorm, learningRate, speed] = dataOf(
      renderReport(buildReport(events, extras), events),
    );
    expect(loss).toMatchObject({
      title: 'Loss',
      steps: [0, 1, 2, 3, 4, 5],
      series: [
        { label: 'training', values: [null, 4, 3, 2, 1, 0] },
        { label: 'held-out', values: [4, null, null, null, null, 1] },
      ],
    });
    expect(gradientNorm.title).toBe('Gradient norm');
    expect(learningRate.title).toBe('Learning rate');
    expect(speed.series[0].values).toEqual([200, 200, 200, 200, 200]);
  });

  it('escapes the text of models, datasets and users', () => {
    const report = { ...buildReport(events, { ...extras, name: hostile }), config: hostile };
    const [stage] = report.stages;
    const page = renderReport(
      {
        ...report,
        stages: [
          {
            ...stage,
            datasets: [hostile],
            facts: { [hostile]: hostile },
            ledger: { generated: 1, trained: 0, dropped: { [hostile]: 1 } },
          },
        ],
        comparison: {
          stage: 'sft',
          label: 'SFT',
          rows: [{ ...row, prompt: hostile, reference: hostile, before: hostile, after: hostile }],
        },
        pairs: {
          stage: 'reward',
          label: 'Reward',
          rows: [{ ...scores, prompt: hostile, chosen: hostile, rejected: hostile }],
        },
        machine: { ...describeMachine(1), processor: hostile },
        warnings: [hostile],
      },
      events,
    );
    expect(scriptsOf(page)).toHaveLength(2);
    expect(page.includes('<img')).toBe(false);
    expect(page.match(/&lt;\/script&gt;&lt;script&gt;alert\(1\)/g)!.length).toBeGreaterThanOrEqual(15);
  });

  it('shows answers before and after side by side', () => {
    const rows = [{ ...row, prompt: 'What is 2+2?', before: '4', after: 'The answer is 4.' }];
    const report = { ...buildReport(events, extras), comparison: { stage: 'ppo', label: 'PPO', rows } };
    const page = renderReport(report, events);
    const texts = ['Before PPO', 'After PPO', 'What is 2+2?', 'The answer is 4.', 'reward 1.5'];
    expect(texts.filter((text) => !page.includes(text))).toEqual([]);
    expect(renderReport(buildReport(events, extras), events).includes('before and after')).toBe(false);
  });

  it('marks right and wrong answers, and a reward is green for a right one only', () => {
    const pageOf = (rightAfter: boolean | null) =>
      renderReport(
        {
          ...buildReport(events, extras),
          comparison: {
            stage: 'ppo',
            label: 'PPO',
            rows: [{ ...row, prompt: '2+2?', reference: '4', rightBefore: true, rightAfter }],
          },
        },
        events,
      );
    const green = 'class="score better">reward 1.5';
    expect([true, null, false].map((right) => pageOf(right).includes(green))).toEqual([true, true, false]);
    expect(pageOf(false)).toContain('✗ wrong');
    expect(pageOf(false)).toContain('1 were right before and 0 after: 1 turned wrong (shown first)');
    expect(pageOf(false)).toContain('<th>Reference answer</th>');
  });

  it('shows pairs with their scores, and marks those in the wrong order', () => {
    const pairs = {
      stage: 'reward',
      label: 'Reward',
      rows: [{ ...scores, prompt: 'hi', chosen: 'good', rejected: 'bad' }],
    };
    const page = renderReport({ ...buildReport(events, extras), pairs }, events);
    for (const text of ['score 0 → 1', 'score 0 → 2', '✗ rejected scores higher'])
      expect(page).toContain(text);
  });

  it('has the version, machine, threads, counts and the window of each figure', () => {
    const machine = { ...describeMachine(3), processor: 'Some CPU', version: '1.2.3' };
    const report = buildReport(events, { ...extras, machine });
    report.stages[0].facts = { rows: 1234, evaluationRows: 5, trainedParameters: 67 };
    report.stages[0].datasets = ['/data/rows.jsonl'];
    const page = renderReport(report, events);
    for (const text of [
      ...['Some CPU', 'Open-ChatGPT 1.2.3', '/data/rows.jsonl', 'SFT: rows</td><td>1,234'],
      ...['SFT: held-out rows</td><td>5', 'SFT: trained parameters</td><td>67'],
      'training loss (first step → last)',
    ])
      expect(page).toContain(text);
  });

  it('has a section for each stage, under its name where that is not the algorithm', () => {
    const twice = recorded([
      started('sft'),
      step('sft', 1, { loss: 2 }),
      { type: 'started', stage: 'second', algorithm: 'sft', totalSteps: 1, step: 0, info: {} },
      step('second', 1, { loss: 1 }),
    ]);
    const page = renderReport(buildReport(twice, extras), twice);
    const headings = [...page.matchAll(/<h2>(\d · [^<]*)<\/h2>/g)].map(([, heading]) => heading);
    expect(headings).toEqual([
      '1 · Supervised fine-tuning (SFT)',
      '2 · Supervised fine-tuning (SFT): second',
    ]);
  });

  it('of an empty run opens too', () => {
    const page = renderReport(buildReport([], extras), []);
    expect(dataOf(page)).toEqual([]);
    expect(page.includes('1 h 1 min')).toBe(true);
  });
});

describe('what the report is made of', () => {
  it('charts leave out what is not a number', () => {
    const noisy = recorded([step('sft', 1, { loss: Number.NaN }), step('sft', 2, { loss: 3 })]);
    expect(chartsOf({ stage: 'sft', algorithm: 'sft' }, noisy)[0]).toMatchObject({
      steps: [2],
      series: [{ values: [3] }],
    });
  });

  it('long curves are thinned to their local means', () => {
    const points = thin(new Map(Array.from({ length: 10 }, (_, i) => [i, i])), 5);
    expect([...points]).toEqual([
      [1, 0.5],
      [3, 2.5],
      [5, 4.5],
      [7, 6.5],
      [9, 8.5],
    ]);
  });

  it.each([
    [null, '–'],
    [0, '0'],
    [0.20378, '0.204'],
    [-1.23456, '-1.235'],
    [123456.7, '123,457'],
    [0.00002, '2.0e-5'],
  ])('%p is shown as %s', (value, expected) => {
    expect(shown(value)).toBe(expected);
  });

  it.each([
    [59.6, '1 min 0 s'],
    [8, '8 s'],
    [7320, '2 h 2 min'],
  ])('%d seconds are %s', (seconds, expected) => {
    expect(duration(seconds)).toBe(expected);
    expect(percent(0.9774)).toBe('97.7 %');
  });

  it('HTML escapes values but not HTML', () => {
    expect(html`<p title="${'"'}">${['<', html`<b>${"'"}</b>`]}${null}</p>`.html).toBe(
      '<p title="&quot;">&lt;<b>&#39;</b></p>',
    );
    expect(JSON.parse(embeddedJson(hostile).html)).toBe(hostile);
    expect(embeddedJson(hostile).html).not.toContain('<');
  });
});
