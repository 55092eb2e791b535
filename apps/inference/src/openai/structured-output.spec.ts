import { buildTokenizer } from '@open-chatgpt/tokenizer';
import type OpenAI from 'openai';
import { startTiny, type TinyService } from '../testing/inference';

const ASCII = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
const SCHEMA = {
  type: 'object',
  properties: {
    kind: { enum: ['cat', 'dog'] },
    age: { type: 'integer', minimum: 0, maximum: 30 },
    tags: { type: 'array', items: { type: 'string', maxLength: 3 }, maxItems: 2 },
  },
  required: ['kind', 'age', 'tags'],
  additionalProperties: false,
};

describe('structured output', () => {
  let service: TinyService;
  let client: OpenAI;
  const chat = {
    model: 'tiny',
    messages: [{ role: 'user' as const, content: 'hi' }],
    max_tokens: 200,
    seed: 3,
  };
  const asked = async (more: object) => {
    const request = { ...chat, ...more } as OpenAI.ChatCompletionCreateParamsNonStreaming;
    return (await client.chat.completions.create(request)).choices;
  };
  const jsonSchema = (schema: unknown) => ({
    response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema } },
  });

  beforeAll(async () => {
    service = await startTiny({ tokenizer: buildTokenizer(ASCII) });
    client = service.client;
  });
  afterAll(() => service.stop());

  it('every choice of a model with random weights fits the schema, in a whole answer and in a stream', async () => {
    for (const more of [{}, { temperature: 0 }, { temperature: 2, top_p: 0.9 }, { min_tokens: 100 }]) {
      for (const { message, finish_reason: reason } of await asked({
        ...jsonSchema(SCHEMA),
        n: 4,
        ...more,
      })) {
        expect(reason).toBe('stop');
        const { kind, age, tags } = JSON.parse(message.content as string);
        expect(['cat', 'dog']).toContain(kind);
        expect(age).toBeLessThanOrEqual(30);
        for (const tag of tags) expect(tag.length).toBeLessThanOrEqual(3);
      }
    }
    const request = { ...chat, ...jsonSchema(SCHEMA) } as OpenAI.ChatCompletionCreateParamsNonStreaming;
    let text = '';
    for await (const chunk of await client.chat.completions.create({ ...request, stream: true }))
      text += chunk.choices[0].delta.content ?? '';
    expect(text).toBe((await asked(jsonSchema(SCHEMA)))[0].message.content);
  });

  it.each<[string, object, RegExp]>([
    ['guided_json, as text', { guided_json: JSON.stringify({ type: 'boolean' }) }, /^(true|false)$/],
    ['guided_regex', { guided_regex: '[A-F]{3}-\\d+', max_tokens: 60 }, /^[A-F]{3}-\d+$/],
    ['guided_choice', { guided_choice: ['left', 'right', 'le'] }, /^(left|right|le)$/],
    ['guided_grammar', { guided_grammar: 'root ::= "(" ("x" | "y"){2} ")"' }, /^\([xy]{2}\)$/],
    ['structured_outputs', { structured_outputs: { regex: 'a|b' } }, /^[ab]$/],
  ])('the answer matches: %s', async (_, more, pattern) => {
    const choices = await asked({ n: 3, ...more });
    for (const { message } of choices) expect(message.content).toMatch(pattern);
    const [completion] = (
      await client.completions.create({ model: 'tiny', prompt: 'hi', max_tokens: 60, ...more })
    ).choices;
    expect(completion.text).toMatch(pattern);
  });

  it('an object of any form is JSON, unless max_tokens cuts it', async () => {
    const choices = await asked({ response_format: { type: 'json_object' }, n: 6 });
    for (const { message, finish_reason: reason } of choices) {
      expect(message.content).toMatch(/^\{/);
      if (reason === 'stop') expect(typeof JSON.parse(message.content as string)).toBe('object');
      else expect(reason).toBe('length');
    }
  });

  it('log-probabilities are those of the model, without the constraint', async () => {
    const [{ logprobs }] = await asked({ guided_choice: ['~'], logprobs: true, top_logprobs: 5 });
    const [{ token, logprob, top_logprobs: top }] = logprobs?.content ?? [];
    expect(token).toBe('~');
    expect(logprob).toBeLessThan(0);
    expect(top.some((other) => other.token !== '~' && other.logprob > logprob)).toBe(true);
  });

  it.each<[string, object, string, RegExp]>([
    ['an unsupported field', jsonSchema({ not: {} }), 'response_format', /^400 response_format: .*"not"/],
    ['a wrong pattern', { guided_regex: '(a' }, 'guided_regex', /character 3: expected "\)"/],
    ['a pattern without a regular language', { guided_regex: '(a)\\1' }, 'guided_regex', /back references/],
    [
      'two structures',
      { guided_regex: 'a', guided_choice: ['a'] },
      'guided_choice',
      /both give the answer a structure/,
    ],
    ['a text that is not JSON', { guided_json: '{' }, 'guided_json', /the text is not JSON/],
    ['an unknown format', { response_format: { type: 'xml' } }, 'response_format.type', /response_format/],
    [
      'letters that the model does not have',
      { guided_regex: 'é' },
      'guided_regex',
      /tokens of this model can write/,
    ],
    [
      'a long schema',
      jsonSchema({ enum: ['a'.repeat(70_000)] }),
      'response_format.json_schema.schema',
      /longer than 65536/,
    ],
    ['beams', { guided_regex: 'a', num_beams: 2 }, 'guided_regex', /num_beams cannot be combined/],
    ['an explosion', { guided_regex: '((a{9999}){9999}b){9999}'.repeat(6) }, 'guided_regex', /too large/],
  ])('gets an error that names the field: %s', async (_, more, param, message) => {
    await expect(asked(more)).rejects.toMatchObject({
      status: 400,
      param,
      message: expect.stringMatching(message),
    });
  });
});
