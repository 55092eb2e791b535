import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchBuiltinModel } from '@open-chatgpt/download';
import { writeTinyModel } from '@open-chatgpt/models/testing';
import OpenAI from 'openai';
import { startWith } from '../testing/inference';

jest.mock('@open-chatgpt/download', () => ({
  ...jest.requireActual<object>('@open-chatgpt/download'),
  fetchBuiltinModel: jest.fn(),
}));

it('samples a built-in model as its publisher does, unless the request says otherwise', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'builtin-'));
  jest.mocked(fetchBuiltinModel).mockResolvedValue(await writeTinyModel(folder, 1));
  const service = await startWith({ INFERENCE_MODELS: 'chat=builtin:smollm2-135m-instruct' });
  try {
    await service.loaded();
    const client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'none', maxRetries: 0 });
    const ask = async (sampling: { temperature?: number; top_p?: number }) => {
      const request = { model: 'chat', prompt: 'a', seed: 5, max_tokens: 24, ...sampling };
      return (await client.completions.create(request)).choices[0].text;
    };
    const answer = await ask({});
    expect(answer).toBe(await ask({ temperature: 0.2, top_p: 0.9 }));
    expect(answer).not.toBe(await ask({ temperature: 1, top_p: 1 }));
  } finally {
    await service.stop();
    rmSync(folder, { recursive: true });
  }
});
