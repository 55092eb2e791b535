import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeMerged, writeTinyAdapter, writeTinyModel } from '@open-chatgpt/models/testing';
import OpenAI from 'openai';
import type { RunningInference } from '../start-inference';
import { startWith } from '../testing/inference';

describe('adapters as model names', () => {
  let folder: string;
  let base: string;
  let one: string;
  let other: string;
  const running: RunningInference[] = [];

  const start = async (variables: Record<string, string>) => {
    const service = await startWith(variables);
    running.push(service);
    await service.loaded();
    return new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'none', maxRetries: 0 });
  };
  const ask = (client: OpenAI, model: string, prompt: string) =>
    client.completions.create({ model, prompt, temperature: 0, max_tokens: 20, logprobs: 0 });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'adapters-'));
    base = await writeTinyModel(folder, 1);
    one = await writeTinyAdapter(base, 2);
    other = await writeTinyAdapter(base, 3, { r: 5, targetModules: ['all-linear'] });
  });
  afterEach(async () => {
    for (const service of running.splice(0)) await service.stop();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('answer in one batch as the merged models do alone, and share no cache', async () => {
    const client = await start({
      INFERENCE_MODELS: `base=${base},one-merged=${await writeMerged(base, one)},other-merged=${await writeMerged(base, other)}`,
      INFERENCE_ADAPTERS: `one@base=${one},other@base=${other}`,
    });
    const prompts = ['the quick brown fox jumps over the lazy dog', 'a', 'good morning to you'];
    const names = ['base', 'one', 'other'];
    const together = await Promise.all(
      names.flatMap((name) => prompts.map((prompt) => ask(client, name, prompt))),
    );
    const answers = new Map(names.map((name, i) => [name, together.slice(3 * i, 3 * i + 3)]));
    for (const name of ['one', 'other']) {
      for (const [i, prompt] of prompts.entries()) {
        const [alone] = (await ask(client, `${name}-merged`, prompt)).choices;
        const [choice] = answers.get(name)![i].choices;
        expect(choice.text).toBe(alone.text);
        choice.logprobs!.token_logprobs!.forEach((logProb, t) => {
          expect(Math.abs(logProb - alone.logprobs!.token_logprobs![t])).toBeLessThan(1e-5);
        });
      }
    }
    const texts = names.map((name) => answers.get(name)![0].choices[0].text);
    expect(new Set(texts).size).toBe(3);
    // The prompt is in the cache of each of them, and only there.
    expect(
      (await ask(client, 'one', `${prompts[0]}!`)).usage?.prompt_tokens_details?.cached_tokens,
    ).toBeGreaterThan(16);
    const fresh = await client.completions.create({
      model: 'other',
      prompt: `${prompts[2]} and one more`,
      max_tokens: 1,
    });
    expect(fresh.usage?.prompt_tokens_details?.cached_tokens).toBe(19);
  });

  it('are listed with their base, need no name of it where there is one model, and give no vectors', async () => {
    const client = await start({ INFERENCE_MODELS: `base=${base}`, INFERENCE_ADAPTERS: `one=${one}` });
    const models = (await client.models.list()).data as unknown as Record<string, unknown>[];
    expect(models.map(({ id, parent }) => [id, parent])).toEqual([
      ['base', null],
      ['one', 'base'],
    ]);
    expect(models[1].root).not.toBe(models[0].root);
    await expect(client.embeddings.create({ model: 'one', input: 'a' })).rejects.toThrow(/is an adapter/);
    const { model, system_fingerprint: fingerprint } = await ask(client, 'one', 'a');
    expect(model).toBe('one');
    expect(fingerprint).not.toBe((await ask(client, 'base', 'a')).system_fingerprint);
  });

  it.each([
    ['two possible bases', 'a=BASE,b=BASE', 'one=ONE', /may change a or b; name one: one@<model>=<source>/],
    ['an unknown base', 'a=BASE', 'one@c=ONE', /the base "c" of the adapter "one" is no model/],
    ['the name of a model', 'a=BASE', 'a=ONE', /the adapter "a" has the name of a model/],
    ['a model without an adapter', 'a=BASE', 'one=BASE', /has no adapter_config\.json/],
  ])('refuse %s', async (_, models, adapters, message) => {
    const paths = (text: string) => text.replaceAll('BASE', base).replaceAll('ONE', one);
    const starting = start({ INFERENCE_MODELS: paths(models), INFERENCE_ADAPTERS: paths(adapters) });
    await expect(starting).rejects.toThrow(message);
  });
});
