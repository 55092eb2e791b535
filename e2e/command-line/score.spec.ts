import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, jsonLines, openchat } from '../testing/openchat';
import { startServer } from '../testing/start-server';
import { writeTinyPipeline } from '../testing/tiny-pipeline';

describe('openchat score', () => {
  let cwd: string;
  const REWARD = join('run', 'models', 'reward');

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'score-'));
    writeTinyPipeline(cwd, ['sft', 'reward']);
    const { code, stderr } = await openchat(['run', 'tiny.yaml', '--out', 'run'], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }, 60_000);
  afterAll(() => rmSync(cwd, { recursive: true }));

  it('scores an answer alone as in a batch, whatever names the model', async () => {
    const rows = [
      { prompt: 'say apple', answer: 'apple' },
      { prompt: [{ role: 'user', content: 'say apple' }], response: 'apple' },
      {
        messages: [
          { role: 'user', content: 'say apple' },
          { role: 'assistant', content: 'apple' },
        ],
      },
      { index: 0, prompt: 'say apple', text: 'apple', finishReason: 'stop' },
      { prompt: 'say apple', completion: 'something else altogether' },
    ];
    writeFileSync(join(cwd, 'answers.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
    const alone = await openchat(['score', '--model', REWARD, '--prompt', 'say apple', '--answer', 'apple'], {
      cwd,
    });
    expect(alone).toMatchObject({ code: 0, stderr: '' });
    const [{ score, normalized, tokens, line }] = jsonLines(alone.stdout);
    expect([line, tokens]).toEqual([1, 17]);
    const file = await openchat(['score', '--model', 'run', '--file', 'answers.jsonl'], { cwd });
    expect(file).toMatchObject({ code: 0, stderr: '' });
    const scored = jsonLines(file.stdout);
    expect(scored.map((one) => one.line)).toEqual([1, 2, 3, 4, 5]);
    for (const one of scored.slice(0, 4)) {
      expect(one.score).toBeCloseTo(score as number, 5);
      expect(one.normalized).toBeCloseTo(normalized as number, 4);
    }
    expect(scored[4].score).not.toBeCloseTo(score as number, 3);
  }, 60_000);

  it('gives each line that has no score its reason, and scores the others', async () => {
    const lines = [
      '{"prompt":"say apple","answer":"apple"}',
      'apple',
      '{"question":"say apple","reply":"apple"}',
      '{"messages":[{"role":"user","content":"say apple"}]}',
      '{"messages":[{"role":"robot","content":"hello"},{"role":"assistant","content":"apple"}]}',
      '{"prompt":"say apple","answer":7}',
      JSON.stringify({ prompt: 'say', answer: 'apple '.repeat(100) }),
      '',
      '{"prompt":"say tree","answer":"tree"}',
    ];
    const { code, stdout, stderr } = await openchat(['score', '--model', 'run', '--file', '-'], {
      cwd,
      input: lines.join('\n'),
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^6 conversations have no score; see "error"/);
    const scored = jsonLines(stdout);
    expect(scored.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6, 7, 9]);
    expect(scored.map(({ score }) => typeof score === 'number')).toEqual([
      true,
      ...Array<boolean>(6).fill(false),
      true,
    ]);
    const errors = [
      /not JSON: apple/,
      /found the fields "question", "reply"/,
      /last message is not the assistant's/,
      /message 1: the role is none of system, user, assistant/,
      /found the fields "prompt", "answer"; expected/,
      /longer than the 96 tokens that the model reads/,
    ];
    for (const [i, error] of errors.entries()) expect(scored[i + 1].error).toMatch(error);
  }, 60_000);

  it.each([
    [['generate', '--prompt', 'say apple'], 1],
    [['chat'], 1],
  ])(
    '%j refuses a reward model, and names openchat score',
    async (command, code) => {
      const refused = await openchat([...command, '--model', REWARD], { cwd });
      expect(refused).toMatchObject({ code, stdout: '' });
      expect(refused.stderr).toMatch(/models\/reward is a reward model .*"openchat score --model .*"/);
    },
    60_000,
  );

  it('is what a server of the reward model answers', async () => {
    const question = ['--prompt', 'say apple', '--answer', 'apple'];
    const [{ score, normalized }] = jsonLines(
      (await openchat(['score', '--model', 'run', ...question], { cwd })).stdout,
    );
    const { url, stop } = await startServer(['--model', REWARD], cwd);
    const messages = [
      { role: 'user', content: 'say apple' },
      { role: 'assistant', content: 'apple' },
    ];
    const response = await fetch(`${url}/v1/score`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'reward', messages }),
    });
    expect(await response.json()).toMatchObject({
      data: [
        { score: expect.closeTo(score as number, 5), normalized: expect.closeTo(normalized as number, 4) },
      ],
    });
    await stop();
  }, 60_000);

  it('a stage does not start from a reward model', async () => {
    const refused = await openchat(
      ['sft', '--model', REWARD, '--dataset', 'builtin:tasks', '--max-steps', '1', '--out', 'second'],
      { cwd },
    );
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/models\/reward is a reward model/);
  }, 60_000);

  it('refuses a language model, and a run without a reward model', async () => {
    const question = ['--prompt', 'say apple', '--answer', 'apple'];
    const sft = await openchat(['score', '--model', join('run', 'models', 'sft'), ...question], { cwd });
    expect(sft.code).toBe(1);
    expect(sft.stderr).toMatch(/models\/sft is a language model and not a reward model/);
    const half = await openchat(['score', '--model', 'run', '--prompt', 'say apple'], { cwd });
    expect(half).toMatchObject({ code: 2 });
    expect(half.stderr).toMatch(/use either --prompt and --answer, or --file/);
    const missing = await openchat(['score', '--model', 'run', '--file', 'none.jsonl'], { cwd });
    expect(missing).toMatchObject({ code: 2 });
    expect(missing.stderr).toMatch(/--file none.jsonl: cannot be read \(ENOENT\)/);
  }, 60_000);
});
