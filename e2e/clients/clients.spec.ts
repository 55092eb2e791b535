import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import Anthropic from '@anthropic-ai/sdk';
import { tool as langChainTool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { hermesTokenizer, writeTinyModel } from '@open-chatgpt/models/testing';
import { embedMany, generateObject, generateText, stepCountIs, streamObject, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { z } from 'zod';
import { compile } from '../testing/openchat';
import { type RunningServer, startServer } from '../testing/start-server';
import { describeWithPythonClients, runPythonClients } from './python-clients';

const model = 'tiny';
const apiKey = 'none';
const prompt = 'hi';
const messages = [{ role: 'user' as const, content: prompt }];
const pet = z.strictObject({ kind: z.enum(['cat', 'dog']), name: z.string().max(5) });
const day = z.strictObject({ day: z.enum(['today', 'tomorrow']) });
const weather = async ({ day }: { day: string }) => `rain ${day}`;

/** The model has random weights: what it writes has no meaning, but each client must read it. */
describe('clients of openchat serve', () => {
  let folder: string;
  let server: RunningServer;
  let baseURL: string;
  /** A client of OpenAI's, which finds the only place of the server taken. */
  let openai: OpenAI;

  beforeAll(async () => {
    compile();
    folder = mkdtempSync(join(tmpdir(), 'clients-'));
    const path = await writeTinyModel(folder, 1, { tokenizer: hermesTokenizer(), maxLength: 16_384 });
    const options = ['--model', `${model}=${path}`, '--batch-size', '1', '--queue-size', '0'];
    server = await startServer(options, folder);
    baseURL = `${server.url}/v1`;
    openai = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
  }, 120_000);
  afterAll(async () => {
    expect((await server.stop()).stderr).toBe('');
    rmSync(folder, { recursive: true });
  });

  /**
   * A stream takes the only place. Once a request of the client has been refused, the stream is aborted: the client must try again.
   * @param ask sends one request through the given `fetch`
   */
  async function retried(ask: (fetch: typeof globalThis.fetch) => Promise<unknown>): Promise<number[]> {
    const endless = { model, messages, max_tokens: 10_000, stream: true as const, ignore_eos: true };
    const stream = await openai.chat.completions.create(endless);
    await stream[Symbol.asyncIterator]().next();
    const statuses: number[] = [];
    await ask(async (...request) => {
      const response = await fetch(...request);
      statuses.push(response.status);
      if (response.status === 429) stream.controller.abort();
      return response;
    });
    return statuses;
  }

  describe("OpenAI's for Node", () => {
    it('tries again after the time of Retry-After, when the place of an aborted stream is free', async () => {
      const statuses = await retried((fetch) =>
        new OpenAI({ baseURL, apiKey, fetch, maxRetries: 5 }).completions.create({
          model,
          prompt,
          max_tokens: 1,
        }),
      );
      expect(statuses).toEqual([429, 200]);
    });

    it('runs functions, and sends their results back', async () => {
      const asked: unknown[] = [];
      const runner = openai.chat.completions.runTools(
        {
          model,
          messages,
          max_tokens: 200,
          tool_choice: { type: 'function', function: { name: 'weather' } },
          tools: [
            {
              type: 'function',
              function: {
                name: 'weather',
                parse: (text: string) => day.parse(JSON.parse(text)),
                function: (given: z.output<typeof day>) => asked.push(given),
                parameters: z.toJSONSchema(day) as Record<string, unknown>,
              },
            } as never,
          ],
        },
        { maxChatCompletions: 1 },
      );
      await runner.done();
      expect(asked).toHaveLength(1);
      const again = await openai.chat.completions.create({ model, messages: runner.messages, max_tokens: 2 });
      expect(again.choices).toHaveLength(1);
    });
  });

  it("Anthropic's for Node tries again", async () => {
    const statuses = await retried((fetch) =>
      new Anthropic({ baseURL: server.url, apiKey, fetch, maxRetries: 5 }).messages.create({
        model,
        messages,
        max_tokens: 1,
      }),
    );
    expect(statuses).toEqual([429, 200]);
  });

  describe('LangChain', () => {
    const chat = (more: object = {}) =>
      new ChatOpenAI({ model, apiKey, maxRetries: 0, configuration: { baseURL }, ...more });
    const described = langChainTool(weather, { name: 'weather', description: 'of a day', schema: day });

    it('gets an answer, and the same one as a stream', async () => {
      const greedy = chat({ temperature: 0, maxTokens: 12 });
      const whole = await greedy.invoke(prompt);
      let text = '';
      for await (const piece of await greedy.stream(prompt)) text += piece.text;
      expect([text, whole.usage_metadata?.output_tokens]).toEqual([whole.text, 12]);
    });

    it.each(['jsonSchema', 'functionCalling'] as const)('gets structured output by %s', async (method) => {
      const found = await chat().withStructuredOutput(pet, { name: 'pet', method }).invoke(prompt);
      expect(pet.parse(found)).toEqual(found);
    });

    it('calls tools, in a stream too, and sends the result back', async () => {
      const caller = chat().bindTools([described], { tool_choice: 'any', parallel_tool_calls: false });
      const answer = await caller.invoke(prompt);
      const [call] = answer.tool_calls ?? [];
      expect(day.parse(call.args)).toEqual(call.args);
      const result = await described.invoke(call as never);
      const end = await chat({ maxTokens: 2 }).invoke([...messages, answer, result as never]);
      expect(end.usage_metadata?.output_tokens).toBeGreaterThan(0);
      let joined: Awaited<ReturnType<typeof caller.invoke>> | undefined;
      for await (const piece of await caller.stream(prompt)) joined = joined ? joined.concat(piece) : piece;
      expect(day.safeParse(joined?.tool_calls?.[0].args).success).toBe(true);
    });

    it('gets embeddings, and answers of the Responses API', async () => {
      const vectors = new OpenAIEmbeddings({ model, apiKey, configuration: { baseURL } });
      expect((await vectors.embedDocuments(['a', 'b'])).map(({ length }) => length)).toEqual([32, 32]);
      const answer = await chat({ useResponsesApi: true, maxTokens: 12 }).invoke(prompt);
      expect(answer.usage_metadata?.output_tokens).toBe(12);
    });
  });

  describe('the ai SDK', () => {
    const provider = (more: object = {}) =>
      createOpenAICompatible({ name: 'own', baseURL, supportsStructuredOutputs: true, ...more });

    it('gets an answer, and the same one as a stream', async () => {
      const request = {
        model: provider({ includeUsage: true })(model),
        prompt,
        maxOutputTokens: 12,
        temperature: 0,
      };
      const whole = await generateText(request);
      const stream = streamText(request);
      let text = '';
      for await (const piece of stream.textStream) text += piece;
      expect(text).toBe(whole.text);
      expect((await stream.usage).outputTokens).toBe(12);
    });

    it('gets objects, whole and in a stream', async () => {
      const request = { model: provider()(model), prompt, schema: pet };
      const { object } = await generateObject(request);
      expect(pet.parse(object)).toEqual(object);
      const stream = streamObject(request);
      for await (const part of stream.partialObjectStream) expect(typeof part).toBe('object');
      expect(pet.safeParse(await stream.object).success).toBe(true);
    });

    it('calls tools in steps', async () => {
      const { steps } = await generateText({
        model: provider()(model),
        prompt,
        tools: { weather: tool({ inputSchema: day, execute: weather }) },
        toolChoice: 'required',
        stopWhen: stepCountIs(2),
      });
      expect(steps).toHaveLength(2);
      for (const { toolResults } of steps) expect(toolResults[0].output).toMatch(/^rain (today|tomorrow)$/);
    });

    it('gets embeddings', async () => {
      const { embeddings } = await embedMany({
        model: provider().textEmbeddingModel(model),
        values: ['a', 'b'],
      });
      expect(embeddings.map(({ length }) => length)).toEqual([32, 32]);
    });

    it('aborts a stream, and tries again', async () => {
      const statuses = await retried((fetch) =>
        generateText({ model: provider({ fetch })(model), prompt, maxOutputTokens: 1 }),
      );
      expect(statuses).toEqual([429, 200]);
      const controller = new AbortController();
      const request = { model: provider()(model), prompt, abortSignal: controller.signal };
      const stream = streamText({ ...request, maxOutputTokens: 10_000 });
      for await (const _ of stream.textStream) controller.abort();
      const after = await generateText({ model: provider()(model), prompt, maxOutputTokens: 1 });
      expect(after.usage.outputTokens).toBe(1);
    });
  });

  describeWithPythonClients('in Python', () => {
    it("OpenAI's, Anthropic's, LangChain and LiteLLM: streams, retries, tools, schemas, embeddings", async () => {
      const results = await runPythonClients(server.url, model);
      expect(Object.keys(results).length).toBeGreaterThan(15);
      expect(Object.fromEntries(Object.entries(results).filter(([, error]) => error !== null))).toEqual({});
    }, 300_000);
  });
});
