import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  elementCount,
  expectedTensors,
  openModel,
  parseModelConfig,
  writeModelFolder,
} from '@open-chatgpt/models';
import { currentFolder, fetchFolder, openObjectStore } from '@open-chatgpt/storage';
import { buildTokenizer } from '@open-chatgpt/tokenizer';
import { importCommand } from './import-command';

describe('import-model', () => {
  let folder: string;
  const before = { ...process.env };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'import-model-'));
    Object.assign(process.env, {
      OPEN_CHATGPT_STORE: join(folder, 'store'),
      OPEN_CHATGPT_WORK_DIR: join(folder, 'work'),
      OPEN_CHATGPT_TERMINATION_LOG: join(folder, 'termination-log'),
    });
    jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.env = { ...before };
    rmSync(folder, { recursive: true });
  });

  const outcome = () => JSON.parse(readFileSync(join(folder, 'termination-log'), 'utf8'));

  async function tinyModel(name: string, withTokenizer = true): Promise<string> {
    const config = parseModelConfig(
      {
        model_type: 'llama',
        vocab_size: 30,
        hidden_size: 8,
        intermediate_size: 16,
        num_hidden_layers: 1,
        num_attention_heads: 2,
        max_position_embeddings: 32,
        rms_norm_eps: 1e-5,
        tie_word_embeddings: true,
        hidden_act: 'silu',
      },
      'tiny',
    );
    const tensors = expectedTensors(config).map(({ name, shape }) => ({
      name,
      shape,
      data: new Float32Array(elementCount(shape)).fill(0.5),
    }));
    const tokenizer = withTokenizer ? buildTokenizer('abcdefghijklmnop') : null;
    await writeModelFolder(join(folder, name), { config, tensors, dtype: 'F32', tokenizer });
    return join(folder, name);
  }

  it('writes the model to the store, points its id to it, and says what it is', async () => {
    const source = await tinyModel('source');
    writeFileSync(join(source, 'notes.txt'), 'not a part of the model');
    expect(await importCommand(['--source', source, '--id', 'mine'])).toBe(0);
    const said = outcome();
    expect(said).toMatchObject({
      outcome: 'imported',
      kind: 'language-model',
      family: 'llama',
      manifest: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    const store = openObjectStore(join(folder, 'store'));
    expect((await currentFolder(store, 'models/mine'))?.manifest).toEqual(said.manifest);
    const copy = await openModel(await fetchFolder(store, said.manifest, join(folder, 'cache')));
    expect(copy.weights.tensors().reduce((sum, { shape }) => sum + elementCount(shape), 0)).toBe(
      said.parameters,
    );
    await copy.close();
    // Again: the same content is stored once, and the answer is the same.
    expect(await importCommand(['--source', source, '--id', 'mine'])).toBe(0);
    expect(outcome()).toEqual(said);
  });

  it.each<[string, (folder: string) => Promise<string[]>, RegExp]>([
    [
      'no such folder',
      async () => ['--source', '/none', '--id', 'x'],
      /there is no such file or folder in this pod/,
    ],
    [
      'an unknown model',
      async () => ['--source', 'builtin:none', '--id', 'x'],
      /unknown built-in model "builtin:none"/,
    ],
    [
      'a model without a tokenizer',
      async () => ['--source', await tinyModel('bare', false), '--id', 'x'],
      /has no tokenizer\.json/,
    ],
    ['a wrong id', async () => ['--source', '/none', '--id', '../x'], /--id: expected letters/],
  ])('%s fails for good, with the reason', async (_, args, message) => {
    expect(await importCommand(await args(folder))).toBe(65);
    expect(outcome()).toMatchObject({
      outcome: 'failed',
      error: { code: 'ImportFailed', message: expect.stringMatching(message) },
    });
  });

  it('may succeed later while the store does not respond', async () => {
    const source = await tinyModel('source');
    Object.assign(process.env, {
      OPEN_CHATGPT_STORE: 's3://bucket/prefix',
      OPEN_CHATGPT_S3_ENDPOINT: 'http://127.0.0.1:1',
      OPEN_CHATGPT_S3_ACCESS_KEY: 'key',
      OPEN_CHATGPT_S3_SECRET_KEY: 'secret',
    });
    expect(await importCommand(['--source', source, '--id', 'mine'])).toBe(75);
    expect(outcome()).toMatchObject({ outcome: 'failed', error: { code: 'ServiceUnavailable' } });
  });
});
