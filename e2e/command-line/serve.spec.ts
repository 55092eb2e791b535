import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, openchat } from '../testing/openchat';
import { startServer } from '../testing/start-server';
import { writeTinyPipeline } from '../testing/tiny-pipeline';

describe('openchat serve', () => {
  let cwd: string;

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'serve-'));
    writeTinyPipeline(cwd, ['sft']);
    expect(await openchat(['run', 'tiny.yaml', '--out', 'run'], { cwd })).toMatchObject({ code: 0 });
  }, 120_000);
  afterAll(() => rmSync(cwd, { recursive: true }));

  it('serves the model of a run until it receives SIGINT, without a platform', async () => {
    const before = readdirSync(cwd);
    const { url: base, stop } = await startServer(['--model', 'run', '--model', 'small=run', '--int8'], cwd);
    const url = `${base}/v1`;
    const response = await fetch(`${url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'small',
        messages: [{ role: 'user', content: 'say apple' }],
        max_tokens: 4,
      }),
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      model: 'small',
      system_fingerprint: expect.stringMatching(/_int8$/),
      usage: { prompt_tokens: 11 },
    });
    // Without sampling parameters, the server and the command line use the same defaults.
    const [prompt, seed, length] = ['say apple', 5, 6];
    const completion = await fetch(`${url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'run',
        messages: [{ role: 'user', content: prompt }],
        seed,
        max_tokens: length,
      }),
    });
    const { choices } = (await completion.json()) as { choices: { message: { content: string } }[] };
    const flags = ['--prompt', prompt, '--seed', String(seed), '--max-new-tokens', String(length)];
    const generated = await openchat(['generate', '--model', 'run', '--int8', ...flags], { cwd });
    expect(generated.stdout).toBe(`${choices[0].message.content}\n`);
    expect((await stop()).stderr).toBe('');
    expect(readdirSync(cwd)).toEqual(before);
  }, 120_000);
});
