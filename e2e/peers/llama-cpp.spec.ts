import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fetchBuiltinModel } from '@open-chatgpt/download';
import { generateText, openTextModel } from '@open-chatgpt/generation';
import { exportGguf, openModel } from '@open-chatgpt/models';
import { compile, openchat } from '../testing/openchat';
import { byteLevelModel, FAMILIES } from './byte-level-model';
import { askLlamaCpp, describeWithLlamaCpp, installLlamaCpp } from './llama-cpp';

const TEXTS = [
  'the thing in the inn',
  '<|im_start|>user\nSay 1234 in a café, 你好!<|im_end|>\n<|im_start|>assistant\n',
  "  it's   the\n\n\tend 12",
];
const NEW_TOKENS = 12;
/** Where llama.cpp ends an answer: at EOS, and at tokens that are known by their text. */
const ENDS = [0, 2];

describeWithLlamaCpp('llama.cpp', () => {
  let folder: string;
  beforeAll(() => {
    compile();
    installLlamaCpp();
    folder = mkdtempSync(join(tmpdir(), 'llama-'));
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Writes a model as a GGUF file. @param path of the model */
  async function exported(path: string, format: 'F32' | 'F16'): Promise<string> {
    const files = await openModel(path);
    const file = join(folder, `${basename(path)}-${format}.gguf`);
    await exportGguf(files, path, file, { name: basename(path), format });
    await files.close();
    return file;
  }

  /** The tokens of the texts and the greedy ones after them, by this project. */
  async function ours(path: string, texts = TEXTS) {
    const { generator, tokenizer } = await openTextModel(path, { template: () => null });
    const prompts = await Promise.all(
      texts.map((text) => tokenizer.encode(text, { parseSpecialTokens: true, addSpecialTokens: true })),
    );
    const answers = await generateText(generator, tokenizer, {
      prompts,
      maxNewTokens: NEW_TOKENS,
      doSample: false,
      stopTokenIds: ENDS,
    });
    return { tokens: prompts, answers: answers.map(({ tokens }) => tokens) };
  }

  it('reads every family: the same tokens of texts, and the same greedy answers', async () => {
    const requests = [];
    const expected = [];
    for (const family of FAMILIES) {
      await byteLevelModel(join(folder, family), family);
      const file = await exported(join(folder, family), 'F32');
      requests.push({ file, texts: TEXTS, newTokens: NEW_TOKENS });
      expected.push({
        family,
        ...(await ours(join(folder, family))),
        template: expect.stringMatching(/im_start/),
      });
      expect({ family, ...(await ours(file)) }).toMatchObject({ family, answers: expected.at(-1)!.answers });
    }
    const found = askLlamaCpp(requests);
    expect(FAMILIES.map((family, i) => ({ family, ...found[i] }))).toMatchObject(expected);
  }, 240_000);

  it('splits words like this project', async () => {
    const requests = [];
    const expected = [];
    for (const pre of ['gpt-2', 'llama-bpe', 'qwen2']) {
      await byteLevelModel(join(folder, pre), 'llama', pre);
      requests.push({ file: await exported(join(folder, pre), 'F16'), texts: TEXTS, newTokens: 1 });
      expected.push((await ours(join(folder, pre))).tokens);
    }
    expect(askLlamaCpp(requests).map(({ tokens }) => tokens)).toEqual(expected);
  }, 240_000);

  // llama.cpp also rounds the activations to 8 bits, so answers part where two tokens are nearly equal.
  it('reads the blocks of SmolLM2 in Q8_0 and Q4_K_M as this project does', async () => {
    const model = await fetchBuiltinModel('smollm2-135m-instruct');
    const text = 'The capital of France is';
    const requests = [];
    const expected = [];
    // By the program: in Jest's realm, the loops over 135 million weights take minutes.
    for (const quantize of ['q8_0', 'q4_k']) {
      const file = join(folder, `${quantize}.gguf`);
      const made = await openchat(['model', 'export', model, '--quantize', quantize, '--to', file], {
        cwd: folder,
      });
      expect(made).toMatchObject({ code: 0, stderr: '' });
      requests.push({ file, texts: [text], newTokens: 8 });
      const options = ['--raw', '--json', '--temperature', '0', '--max-new-tokens', '8'];
      const answered = await openchat(['generate', '--model', file, '--prompt', text, ...options], {
        cwd: folder,
      });
      expected.push([JSON.parse(answered.stdout).text]);
    }
    expect(askLlamaCpp(requests).map(({ written }) => written)).toEqual(expected);
  }, 300_000);
});
