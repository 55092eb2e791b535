import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTinyModel } from '@open-chatgpt/models/testing';
import { ModelsService } from '../models/models.service';
import type { RunningInference } from '../start-inference';
import { startWith } from '../testing/inference';

const MEGABYTE = 1_000_000;
/** A context in which a completion does not end during a test. */
const ENDLESS = 100_000;

describe('prompts that are too long', () => {
  let folder: string;
  let service: RunningInference;

  const post = (path: string, body: object, signal?: AbortSignal) =>
    fetch(`${service.url}/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    });
  const chat = (model: string, content: string) =>
    post('chat/completions', { model, messages: [{ role: 'user', content }] });
  const encodings = (name: string) =>
    jest.spyOn(service.app.get(ModelsService).get(name).requireLoaded().tokenizer, 'encode');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'long-'));
    const short = await writeTinyModel(folder, 1, { maxLength: 128 });
    const long = await writeTinyModel(folder, 2, { maxLength: ENDLESS });
    service = await startWith({
      INFERENCE_MODELS: `short=${short},long=${long}`,
      INFERENCE_BATCH_SIZE: '2',
      INFERENCE_QUEUE_SIZE: '0',
    });
    await service.loaded();
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true });
  });

  it.each<[string, () => Promise<Response>]>([
    ['a chat', () => chat('short', 'x'.repeat(4 * MEGABYTE))],
    ['a chat that spells special tokens', () => chat('short', '</s>'.repeat(MEGABYTE))],
    [
      'an answer to continue',
      () =>
        post('chat/completions', {
          model: 'short',
          messages: [{ role: 'assistant', content: 'x'.repeat(4 * MEGABYTE) }],
          continue_final_message: true,
        }),
    ],
    ['a completion', () => post('completions', { model: 'short', prompt: 'x'.repeat(4 * MEGABYTE) })],
    [
      'one of several completions',
      () => post('completions', { model: 'short', prompt: ['x', 'x'.repeat(4 * MEGABYTE)] }),
    ],
  ])('are refused by their bytes, without an encoding of them: %s', async (_, send) => {
    const encode = encodings('short');
    const response = await send();
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: {
        code: 'context_length_exceeded',
        message: expect.stringMatching(/has [34]\d{6} bytes, .* shorten it to the 128 that are accepted/),
      },
    });
    for (const [text] of encode.mock.calls) expect(text.length).toBeLessThan(10);
  });

  it('are refused by their tokens where the bytes allow it, also when they spell special tokens', async () => {
    const response = await chat('long', '</s>'.repeat(250_000));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringMatching(/context is 100000 tokens, the request needs 10000\d\d/) },
    });
  });

  it('are not encoded while the queue is full', async () => {
    const leave = new AbortController();
    const body = {
      model: 'long',
      prompt: 'a',
      n: 2,
      max_tokens: ENDLESS - 10,
      ignore_eos: true,
      stream: true,
    };
    const running = await post('completions', body, leave.signal);
    const encode = encodings('long');
    const response = await chat('long', 'hello');
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1']);
    expect(encode).not.toHaveBeenCalled();
    leave.abort();
    await running.text().catch(() => undefined);
  });
});
