import type { StageEvent, StageStepped } from '@open-chatgpt/runs';
import { describeEvent } from './describe';
import { JsonProgress } from './json-progress';
import { LineProgress } from './line-progress';
import { Pace } from './pace';
import { StageLabels } from './stage-labels';

const step = (at: number, seconds = 2): StageStepped => ({
  type: 'step',
  stage: 'sft',
  step: at,
  totalSteps: 100,
  metrics: { loss: 1.5 },
  tokens: 1000,
  seconds,
});

/** What is written to stdout meanwhile. */
function written(run: () => void): string {
  let text = '';
  const spy = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  try {
    run();
  } finally {
    spy.mockRestore();
  }
  return text;
}

describe('Pace', () => {
  it('derives speed and remaining time from past reports, also after a resume', () => {
    const pace = new Pace(40, ['loss']);
    expect(pace.update(step(50))).toEqual({
      metric: 'loss 1.500',
      speed: '500 tokens/s',
      remaining: '0:10 left',
    });
    expect(pace.update(step(60, 4)).remaining).toBe('0:10 left');
  });
});

describe('describeEvent', () => {
  it.each<[StageEvent, string | null]>([
    [
      {
        type: 'started',
        stage: 'sft',
        algorithm: 'sft',
        totalSteps: 5,
        step: 2,
        info: { rows: 1000, evaluationRows: 50, device: 'cpu' },
      },
      'SFT: 1,000 rows, 50 held-out rows, cpu device, resumes after step 2',
    ],
    [
      {
        type: 'started',
        stage: 'sft',
        algorithm: 'sft',
        totalSteps: 5,
        step: 0,
        info: { rows: 1000, evaluationRows: 50 },
      },
      'SFT: 1,000 rows, 50 held-out rows; evaluating before the first step …',
    ],
    [
      { type: 'evaluated', stage: 'sft', step: 3, metrics: { evalLoss: 0.5, accuracy: 0.951 } },
      'SFT step 3: held-out loss 0.500, accuracy 95.1 %',
    ],
    [{ type: 'warning', stage: 'sft', message: '3 left out' }, 'Warning: SFT: 3 left out'],
    [step(1), null],
    [{ type: 'checkpointed', stage: 'sft', step: 3, path: 'x' }, null],
  ])('%#', (event, text) => expect(describeEvent(event, 'SFT')).toBe(text));
});

describe('LineProgress', () => {
  it('prints the first and the last step, and not each between', () => {
    const text = written(() => {
      const progress = new LineProgress();
      progress.event({
        type: 'started',
        stage: 'sft',
        algorithm: 'sft',
        totalSteps: 100,
        step: 0,
        info: {},
      });
      for (let at = 1; at <= 100; at++) progress.event(step(at));
    });
    expect(text.match(/SFT \d+\/100/g)).toEqual(['SFT 1/100', 'SFT 100/100']);
  });

  it('announces what is loaded once', () => {
    const text = written(() => {
      const progress = new LineProgress();
      for (const done of [0, 5, 10]) progress.loading('loading weights', done, 10);
    });
    expect(text).toBe('loading weights …\n');
  });
});

describe('JsonProgress', () => {
  it('prints one object a line, and null for what is no number', () => {
    const text = written(() => {
      const progress = new JsonProgress();
      progress.event({ ...step(1), metrics: { loss: Number.NaN } });
      progress.loading('weights', 1, 1000);
      progress.loading('weights', 2, 1000);
    });
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      { ...step(1), metrics: { loss: null } },
      { type: 'loading', what: 'weights', done: 1, total: 1000 },
    ]);
  });
});

describe('StageLabels', () => {
  it('call a stage by its algorithm, and by its name where that is another one', () => {
    const labels = new StageLabels();
    const started = { type: 'started', algorithm: 'sft', totalSteps: 1, step: 0, info: {} } as const;
    expect(labels.of({ ...started, stage: 'sft' })).toBe('SFT');
    expect(labels.of({ ...started, stage: 'second' })).toBe('SFT (second)');
    expect(labels.of({ type: 'warning', stage: 'second', message: '' })).toBe('SFT (second)');
    expect(labels.of({ type: 'warning', stage: 'unknown', message: '' })).toBe('unknown');
  });
});
