import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hermesTokenizer, writeTinyModel } from '@open-chatgpt/models/testing';
import { createRng } from '@open-chatgpt/random';
import { compile } from '../testing/openchat';
import { type RunningServer, startServer } from '../testing/start-server';

/** Seconds under load; `npm run soak` sets ten minutes. */
const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 8);
const WORKERS = 12;
const GREEDY = { model: 'tiny', max_tokens: 24, temperature: 0, ignore_eos: true };
const PROMPTS = ['hi', 'who are you?', 'a long story of a cat', 'a long story of a dog', '1 + 1 ='];
const BAD = [
  { temperature: 9 },
  { prompt: [1e6] },
  { stop: '' },
  { guided_regex: '(' },
  { n: 99 },
  { model: 'x' },
];

describe('openchat serve under mixed load', () => {
  let folder: string;
  let server: RunningServer;

  beforeAll(async () => {
    compile();
    folder = mkdtempSync(join(tmpdir(), 'soak-'));
    const path = await writeTinyModel(folder, 1, { tokenizer: hermesTokenizer(), maxLength: 1024 });
    const options = [
      '--model',
      `tiny=${path}`,
      '--batch-size',
      '4',
      '--queue-size',
      '6',
      '--prefix-cache',
      '8',
    ];
    server = await startServer(options, folder, { OPEN_CHATGPT_REQUESTS_PER_MINUTE: '1000000' });
  }, 120_000);
  afterAll(async () => {
    expect((await server.stop()).stderr).toBe('');
    rmSync(folder, { recursive: true });
  });

  const post = (path: string, body: object, signal?: AbortSignal) =>
    fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    });

  async function complete(more: object): Promise<{ status: number; text: string }> {
    const response = await post('/v1/completions', { ...GREEDY, ...more });
    const body = (await response.json()) as { choices?: { text: string }[] };
    return { status: response.status, text: body.choices?.[0].text ?? '' };
  }

  /** Aborts a stream after so many milliseconds. @returns whether it had begun */
  async function abort(after: number): Promise<boolean> {
    const body = { ...GREEDY, prompt: 'endless', max_tokens: 900, stream: true };
    try {
      const response = await post('/v1/completions', body, AbortSignal.timeout(after));
      await response.text();
      return false;
    } catch {
      return true;
    }
  }

  const metrics = async () => (await fetch(`${server.url}/metrics`)).text();
  /** Resident memory of the server in MiB. */
  const memory = async () =>
    Number(/^process_resident_memory_bytes (\S+)/m.exec(await metrics())![1]) / 1024 ** 2;

  it(
    'answers rightly, keeps its memory and its places',
    async () => {
      const alone: string[] = [];
      for (const prompt of PROMPTS) alone.push((await complete({ prompt })).text);
      const counts = { right: 0, refused: 0, aborted: 0, full: 0, structured: 0 };
      const wrong: object[] = [];
      const samples: number[] = [];
      const end = performance.now() + SECONDS * 1000;

      async function work(seed: number): Promise<void> {
        const rng = createRng(seed);
        const pick = (count: number) => rng.int(count);
        while (performance.now() < end) {
          const before = counts.full;
          const kind = pick(4);
          if (kind === 0) {
            if (await abort(20 + pick(200))) counts.aborted++;
            else counts.full++;
          } else if (kind === 1) {
            const { status } = await complete({ prompt: 'a', ...BAD[pick(BAD.length)] });
            if (status === 429) counts.full++;
            else if (status === 400 || status === 404) counts.refused++;
            else wrong.push({ bad: status });
          } else if (kind === 2) {
            const { status, text } = await complete({
              prompt: 'b',
              guided_regex: '[a-f]{4}',
              seed,
              temperature: 1,
            });
            if (status === 429) counts.full++;
            else if (/^[a-f]{4}$/.test(text)) counts.structured++;
            else wrong.push({ status, text });
          } else {
            const i = pick(PROMPTS.length);
            const { status, text } = await complete({ prompt: PROMPTS[i] });
            if (status === 429) counts.full++;
            else if (text === alone[i]) counts.right++;
            else wrong.push({ prompt: PROMPTS[i], status, text, alone: alone[i] });
          }
          if (counts.full > before) await sleep(50);
        }
      }

      const sampling = setInterval(async () => samples.push(await memory()), (SECONDS * 1000) / 40);
      await Promise.all(Array.from({ length: WORKERS }, (_, i) => work(i + 1)));
      clearInterval(sampling);
      expect(wrong.slice(0, 3)).toEqual([]);
      for (const [name, count] of Object.entries(counts)) expect([name, count > 0]).toEqual([name, true]);
      for (const [i, prompt] of PROMPTS.entries())
        expect(await complete({ prompt })).toEqual({ status: 200, text: alone[i] });
      const afterwards = await metrics();
      for (const state of ['running', 'waiting'])
        expect(afterwards).toContain(`vllm:num_requests_${state}{model_name="tiny"} 0`);
      // The second half against the end: a leak of each request grows on, a warm-up does not.
      const least = (from: number, to: number) =>
        Math.min(...samples.slice(from * samples.length, to * samples.length));
      const [before, after] = [least(0.4, 0.6), least(0.8, 1)];
      if (SECONDS >= 60)
        console.log(`${JSON.stringify(counts)}; ${before.toFixed(0)} to ${after.toFixed(0)} MiB`);
      expect(after).toBeLessThan(before * 1.1 + 30);
    },
    SECONDS * 1000 + 60_000,
  );
});
