import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, jsonLines, openchat } from '../testing/openchat';
import { writeTinyPipeline } from '../testing/tiny-pipeline';

describe('generate and chat with a trained model', () => {
  let cwd: string;
  const short = ['--model', 'run', '--max-new-tokens', '6', '--temperature', '0'];

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'answer-'));
    writeTinyPipeline(cwd, ['sft']);
    const { code, stderr } = await openchat(['run', 'tiny.yaml', '--out', 'run'], { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }, 60_000);
  afterAll(() => rmSync(cwd, { recursive: true }));

  it('prints one answer as plain text, the same every time', async () => {
    const first = await openchat(['generate', ...short, '--prompt', 'say apple'], { cwd });
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/^.{1,6}\n$/);
    expect(await openchat(['generate', ...short, '--prompt', 'say apple'], { cwd })).toEqual(first);
  }, 60_000);

  it('answers a file of prompts in order, and prints JSON', async () => {
    const messages = [{ role: 'user', content: 'say cloud' }];
    const lines = [{ prompt: 'say river' }, { messages }, 'say stone'];
    writeFileSync(join(cwd, 'prompts.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
    const { code, stdout } = await openchat(['generate', ...short, '--prompts', 'prompts.jsonl', '--json'], {
      cwd,
    });
    expect(code).toBe(0);
    const answers = jsonLines(stdout);
    expect(answers.map(({ index, prompt, messages: given }) => [index, prompt ?? given])).toEqual([
      [0, 'say river'],
      [1, messages],
      [2, 'say stone'],
    ]);
    for (const answer of answers) {
      expect(answer.promptTokens).toBe(11);
      expect(answer.tokens).toBeGreaterThan(0);
      expect(answer.finishReason).toMatch(/^(stop|length)$/);
      expect([...(answer.text as string)].length).toBeLessThanOrEqual(6);
    }
  }, 60_000);

  it('reads prompts from a pipe, samples with a seed, searches with beams', async () => {
    const sampled = (seed: string) =>
      openchat(
        [
          'generate',
          '--model',
          'run',
          '--max-new-tokens',
          '12',
          '--temperature',
          '1.5',
          '--seed',
          seed,
          '--prompts',
          '-',
          '--json',
        ],
        { cwd, input: '"say tiger"\n' },
      );
    const [a, b, c] = await Promise.all([sampled('1'), sampled('1'), sampled('2')]);
    expect(a.stdout).toBe(b.stdout);
    expect(a.stdout).not.toBe(c.stdout);
    const beams = await openchat(
      ['generate', '--model', 'run', '--max-new-tokens', '4', '--prompt', 'say tiger', '--num-beams', '3'],
      { cwd },
    );
    expect(beams).toMatchObject({ code: 0, stderr: '' });
  }, 60_000);

  it('chats through a pipe: answers on stdout, everything else on stderr', async () => {
    const input = 'say apple\n/reset\n\n/fly\nsay river\n/exit\nnever said\n';
    const { code, stdout, stderr } = await openchat(['chat', ...short], { cwd, input });
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    const notes = stderr.split('\n').filter((line) => !line.startsWith('[cut off after 6 tokens; /set '));
    expect(notes.join('\n')).toMatch(/^The conversation is cleared\.\nUnknown command \/fly\./);
  }, 60_000);

  it('sends the conversation to the model, or only the last message without history', async () => {
    const tokens = async (...flags: string[]) => {
      const input = '/system be kind\nsay apple\nsay river\n';
      const { stdout } = await openchat(['chat', ...short, '--json', ...flags], { cwd, input });
      return jsonLines(stdout).map(({ promptTokens }) => promptTokens as number);
    };
    const [together, alone] = await Promise.all([tokens(), tokens('--no-history')]);
    expect(together[1]).toBeGreaterThan(together[0]);
    expect(alone[1]).toBe(alone[0]);
  }, 60_000);

  it('drops the oldest turns when the conversation exceeds the length of the model', async () => {
    const input = 'say apple now\n'.repeat(8);
    const { code, stdout } = await openchat(['chat', ...short, '--json'], { cwd, input });
    expect(code).toBe(0);
    for (const { promptTokens } of jsonLines(stdout)) expect(promptTokens).toBeLessThanOrEqual(96 - 6);
  }, 60_000);

  it('rejects a message that exceeds the length of the model', async () => {
    const { code, stdout, stderr } = await openchat(['chat', ...short], {
      cwd,
      input: `${'x'.repeat(200)}\nsay apple\n`,
    });
    expect(code).toBe(0);
    expect(stderr).toMatch(/too long: 202 tokens, and the context of the model is 96/);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  }, 60_000);
});
