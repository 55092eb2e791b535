import { parsePipeline } from '@open-chatgpt/pipeline';
import { evaluated, recorded, started, step } from '../events.fixture';
import { describeMachine } from '../machine';
import { buildReport, renderOverlay } from '.';

const hostile = '</script><script>alert(1)</script><img src=x onerror="alert(1)">';

/** A run of SFT with these losses at steps 1, 2, …, and an answer to each of two prompts. */
function run(label: string, losses: number[], learningRate: number, answer = '4') {
  const samples = (prompts: string[], at: number) => ({
    type: 'samples' as const,
    stage: 'sft',
    step: at,
    samples: prompts.map((prompt) => ({ prompt, response: answer, reference: '4', right: answer === '4' })),
  });
  const events = recorded([
    started('sft'),
    evaluated('sft', 0, { evalLoss: 4 }),
    samples(['2+2?', `only ${label}`], 0),
    ...losses.map((loss, i) => step('sft', i + 1, { loss })),
    evaluated('sft', losses.length, { evalLoss: losses.at(-1)! }),
    samples(['2+2?', `only ${label}`], losses.length),
  ]);
  const pipeline = parsePipeline(
    JSON.stringify({
      name: 'p',
      model: { path: '/m' },
      stages: [{ uses: 'sft', with: { dataset: { path: '/rows.jsonl' }, learningRate } }],
    }),
    'p.yaml',
  );
  const extras = { name: 'p', peakRssMb: 1, machine: describeMachine(2), pipeline };
  return { label, events, pipeline, report: buildReport(events, extras) };
}

const dataOf = (page: string) => JSON.parse(/id="data">([\s\S]*?)<\/script>/.exec(page)![1]);

describe('two runs over each other', () => {
  const page = renderOverlay([run('a', [3, 2, 1], 0.001), run('b', [5, 4], 0.002, 'five')]);

  it('share their charts: a colour is a run, and the held-out curve is dashed', () => {
    const [loss] = dataOf(page);
    expect(loss).toMatchObject({ title: 'Loss', steps: [0, 1, 2, 3] });
    expect(loss.series).toEqual([
      { label: 'a: training', color: 0, dashed: false, values: [null, 3, 2, 1] },
      { label: 'a: held-out', color: 0, dashed: true, values: [4, null, null, 1] },
      { label: 'b: training', color: 1, dashed: false, values: [null, 5, 4, null] },
      { label: 'b: held-out', color: 1, dashed: true, values: [4, null, 4, null] },
    ]);
  });

  it('show their figures, the settings that differ, and the answers to the prompts of both', () => {
    expect(page).toMatch(/SFT: held-out loss<\/td><td><small>4 → <\/small><span class="better">1<\/span>/);
    expect(page).toContain('<td>sft.learningRate</td><td>0.001</td><td>0.002</td>');
    expect(page).not.toContain('<td>sft.maxLength</td>');
    expect(page).toContain('2+2?');
    expect(page).not.toContain('only a');
    expect(page).toContain('✗ wrong');
  });

  it('escape the names of runs and the text of models', () => {
    const evil = renderOverlay([run(hostile, [1], 0.001), run('b', [1], 0.001, hostile)]);
    expect([...evil.matchAll(/<script>/g)]).toHaveLength(2);
    expect(evil).not.toContain('<img');
    expect(evil).toContain('default-src &#39;none&#39;');
  });
});
