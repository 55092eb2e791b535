import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hermesTokenizer, writeTinyModel } from '@open-chatgpt/models/testing';
import fc from 'fast-check';
import type { z } from 'zod';
import { messagesSchema } from '../anthropic/messages-request';
import { responsesSchema } from '../responses/response-request';
import type { RunningInference } from '../start-inference';
import { BAD_REQUESTS } from '../testing/bad-requests';
import { startWith } from '../testing/inference';
import { chatSchema } from './chat-request';
import { completionSchema } from './completion-request';
import { embeddingsSchema } from './embeddings-request';
import { scoreSchema } from './score-request';
import { detokenizeSchema } from './tokenize-request';

describe('bad requests', () => {
  let folder: string;
  let service: RunningInference;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'inference-'));
    const path = await writeTinyModel(folder, 1, { tokenizer: hermesTokenizer() });
    service = await startWith({
      INFERENCE_MODELS: `tiny=${path}`,
      INFERENCE_BATCH_SIZE: '4',
      INFERENCE_QUEUE_SIZE: '8',
      REQUESTS_PER_MINUTE: '100000',
    });
    await service.loaded();
  });
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true });
  });

  async function send(path: string, body: string | Buffer, headers: object = {}) {
    const request = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
    const response = await fetch(`${service.url}${path}`, request);
    const text = await response.text();
    return { status: response.status, headers: response.headers, text };
  }

  it.each(
    Object.entries(BAD_REQUESTS).flatMap(([path, { right, wrong }]) =>
      wrong.map(([what, change, param, message, status = 400]) => ({
        path,
        what,
        right,
        change,
        param,
        message,
        status,
      })),
    ),
  )('$path refuses $what', async ({ path, right, change, param, message, status }) => {
    const answer = await send(path, JSON.stringify({ ...right, ...change }));
    expect({ status: answer.status, ...JSON.parse(answer.text) }).toMatchObject({
      status,
      error: {
        type: 'invalid_request_error',
        message: expect.stringMatching(message),
        ...(param !== undefined && { param }),
      },
    });
  });

  const chat = JSON.stringify(BAD_REQUESTS['/v1/chat/completions'].right);
  const notUtf8 = Buffer.concat([
    Buffer.from(chat.slice(0, -1)),
    Buffer.from(', "user": "\xff\xfe"}', 'latin1'),
  ]);
  it.each<[string, string | Buffer, object, number, RegExp]>([
    ['no JSON', '{"model":', {}, 400, /JSON/],
    ['an empty body', '', {}, 400, /not a JSON object/],
    ['a list', '[]', {}, 400, /not a JSON object/],
    ['null', 'null', {}, 400, /not a JSON object/],
    ['a number that JSON does not have', chat.replace(':1}', ':NaN}'), {}, 400, /JSON/],
    ['a number beyond all numbers', chat.replace(':1}', ':1e999}'), {}, 400, /invalid_request_error/],
    ['bytes that are no UTF-8', notUtf8, {}, 400, /UTF-8/],
    ['another type of content', chat, { 'content-type': 'text/plain' }, 415, /application\/json/],
    ['a body that is too large', `{"model": "${'a'.repeat(5_000_000)}"}`, {}, 413, /4194304 bytes/],
    ['deep nesting', `{"model": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`, {}, 400, /nested/],
  ])('a body is refused: %s', async (_, body, headers, status, message) => {
    for (const path of Object.keys(BAD_REQUESTS)) {
      const answer = await send(path, body, headers);
      expect({ path, status: answer.status, text: answer.text }).toEqual({
        path,
        status,
        text: expect.stringMatching(message),
      });
    }
  });

  const FIELDS: Readonly<Record<string, z.ZodObject>> = {
    '/v1/chat/completions': chatSchema,
    '/v1/completions': completionSchema,
    '/v1/embeddings': embeddingsSchema,
    '/v1/messages': messagesSchema,
    '/v1/responses': responsesSchema,
    '/v1/score': scoreSchema,
    '/detokenize': detokenizeSchema,
  };
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('tiny', 'auto', '(a|b)*{2,', '\u0000'),
  );
  const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -1, 1e308, 2 ** 53, 7));
  const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), text, number, fc.array(number), fc.array(text));
  const request = fc.constantFrom(...Object.keys(FIELDS)).chain((path) => {
    const names = fc.constantFrom(...Object.keys(FIELDS[path].shape));
    const changes = fc.array(fc.tuple(names, value), { minLength: 1, maxLength: 3 });
    return fc.record({ path: fc.constant(path), change: changes.map(Object.fromEntries) });
  });

  it('any values of any fields are answered or refused, and leave no place taken', async () => {
    const statuses = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(request, async ({ path, change }) => {
        const { status } = await send(path, JSON.stringify({ ...BAD_REQUESTS[path].right, ...change }));
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 400 },
    );
    // Both happen, so the values are neither all wrong nor all ignored.
    expect(statuses.get(200)).toBeGreaterThan(10);
    expect(statuses.get(400)).toBeGreaterThan(100);
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    for (const state of ['running', 'waiting'])
      expect(metrics).toContain(`vllm:num_requests_${state}{model_name="tiny"} 0`);
    expect((await send('/v1/chat/completions', chat)).status).toBe(200);
  });
});
