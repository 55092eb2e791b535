import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allocateBase, initializeWeights, parseModelConfig, writeModelFolder } from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';
import { buildTokenizer, loadTokenizer } from '@open-chatgpt/tokenizer';
import { ChatSession } from '../answering/chat-session';
import { openAnswerer } from '../answering/open-answerer';
import { main } from '../main';
import { LineProgress } from '../progress/line-progress';

/** Sets the title, clears the screen (twice), writes the clipboard, and turns the order of the text around. */
const EVIL = '\u001b]0;title\u0007\u001b[2J\u009b2J\u001b]52;c;ZXZpbA==\u0007\u202e';
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const STEERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
const SHOWN = /\\x[0189][0-9a-f]|\\u00[0189][0-9a-f]|\\u202e/;

describe('text of others on the terminal', () => {
  let folder: string;
  let gateway: Server;
  let url: string;

  /** What is printed to stdout and stderr meanwhile. */
  const printedBy = async (run: () => Promise<unknown>): Promise<string> => {
    let text = '';
    const spies = [process.stdout, process.stderr].map((stream) =>
      jest.spyOn(stream, 'write').mockImplementation((chunk) => {
        text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
        return true;
      }),
    );
    try {
      await run();
    } finally {
      for (const spy of spies) spy.mockRestore();
      process.exitCode = undefined;
    }
    return text;
  };

  /** A model with random weights, most of whose tokens are control characters. */
  const writeEvilModel = async () => {
    const controls = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code));
    const files = buildTokenizer([...controls.filter((one) => STEERS.test(one)), '\u202e']);
    const tokenizer = await loadTokenizer(files);
    const config = parseModelConfig(
      {
        ...{ model_type: 'llama', hidden_size: 16, intermediate_size: 16, num_hidden_layers: 1 },
        ...{ num_attention_heads: 2, num_key_value_heads: 1, max_position_embeddings: 256 },
        ...{ rms_norm_eps: 1e-5, tie_word_embeddings: false, hidden_act: 'silu' },
        vocab_size: tokenizer.vocabSize,
        bos_token_id: tokenizer.bosTokenId,
        eos_token_id: tokenizer.eosTokenId,
        pad_token_id: tokenizer.padTokenId,
      },
      'evil',
    );
    const weights = allocateBase(config, false);
    initializeWeights(weights, createRng(1), 1, 0.6);
    await writeModelFolder(join(folder, 'model'), {
      config,
      tensors: weights.all,
      dtype: 'F32',
      tokenizer: files,
    });
  };

  const answers: Record<string, unknown> = {
    '/v1/pipelines': { items: [{ pipelineId: EVIL, status: EVIL, createdAt: EVIL, stages: [] }], next: null },
    '/v1/pipelines/p': {
      pipelineId: EVIL,
      status: 'failed',
      stages: [
        { stage: EVIL, runId: 'r', status: EVIL, attempt: 1, error: { message: EVIL }, model: { uri: EVIL } },
      ],
    },
    '/v1/pipelines/p/cancel': { pipelineId: EVIL, status: EVIL, stages: [] },
    '/v1/dead-letters': {
      items: [
        {
          id: EVIL,
          topic: EVIL,
          partition: 0,
          offset: 0,
          eventType: EVIL,
          reason: EVIL,
          error: EVIL,
          createdAt: EVIL,
        },
      ],
      next: null,
    },
  };
  const started = { stage: EVIL, algorithm: 'sft', totalSteps: 2, step: 0, info: { [EVIL]: EVIL } };
  const evaluated = { stage: EVIL, phase: 'evaluation', step: 1, totalSteps: 2, metrics: { [EVIL]: 1 } };
  const streams: Record<string, string> = {
    '/v1/runs/r/logs': `{"msg":"${EVIL}"}\n`,
    '/v1/pipelines/p/events': [
      `event: run.started\ndata: ${JSON.stringify(started)}\n\n`,
      `event: run.progressed\ndata: ${JSON.stringify(evaluated)}\n\n`,
      'event: pipeline\ndata: {}\n\n',
    ].join(''),
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'evil-'));
    const rows = Array.from({ length: 20 }, (_, i) =>
      JSON.stringify({ instruction: `q${i} ${EVIL}`, input: '', output: `a${i} ${EVIL}` }),
    );
    writeFileSync(join(folder, 'rows.jsonl'), `${rows.join('\n')}\n{"${EVIL}": 1}\n${EVIL}\n`);
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ model_type: EVIL, architectures: [EVIL] }));
    writeFileSync(join(folder, 'pipeline.yaml'), `name: x\n${JSON.stringify(EVIL)}: 1\n`);
    await writeEvilModel();
    gateway = createServer(({ url: asked = '' }, response) => {
      const path = asked.split('?')[0];
      if (path in streams) return response.end(streams[path]);
      response.statusCode = path in answers ? 200 : 400;
      response.end(JSON.stringify(answers[path] ?? { detail: EVIL }));
    });
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await new Promise((resolve) => gateway.close(resolve));
    rmSync(folder, { recursive: true });
  });

  it.each<string[]>([
    ['data', 'preview', 'FOLDER/rows.jsonl'],
    ['data', 'preview', 'FOLDER/rows.jsonl', '--json'],
    ['data', 'preview', `FOLDER/${EVIL}.jsonl`],
    ['data', 'ingest', 'FOLDER/rows.jsonl', '--out', `FOLDER/data ${EVIL.replaceAll('/', '')}`],
    ['data', 'list', 'FOLDER'],
    ['model', 'info', 'FOLDER'],
    ['model', 'info', `FOLDER/${EVIL}`],
    ['generate', '--model', 'FOLDER/model', '--prompt', 'abc', '--max-new-tokens', '64'],
    ['generate', '--model', 'FOLDER/model', '--prompt', 'abc', '--max-new-tokens', '64', '--json'],
    ['score', '--model', `FOLDER/${EVIL}`, '--prompt', 'a', '--answer', 'b'],
    ['report', `FOLDER/${EVIL}`],
    ['run', 'FOLDER/pipeline.yaml', '--dry-run'],
    ['run', 'FOLDER/pipeline.yaml', '--set', `${EVIL}=1`],
    ['get', 'pipelines', '--gateway', 'URL'],
    ['get', 'pipelines', '--json', '--gateway', 'URL'],
    ['get', 'pipelines', 'p', '--gateway', 'URL'],
    ['get', 'runs', '--gateway', 'URL'],
    ['watch', 'p', '--gateway', 'URL'],
    ['watch', 'p', '--json', '--gateway', 'URL'],
    ['logs', 'p', '--gateway', 'URL'],
    ['cancel', 'p', '--gateway', 'URL'],
    ['delete', 'models', EVIL, '--gateway', 'URL'],
    ['dlq', 'list', '--gateway', 'URL'],
    ['dlq', 'list', '--json', '--gateway', 'URL'],
    ['data', `--${EVIL}`],
  ])('%s (case %#) steers nothing', async (...words) => {
    const args = words.filter((word) => word !== undefined);
    const text = await printedBy(() =>
      main(['node', 'openchat', ...args.map((word) => word.replace('FOLDER', folder).replace('URL', url))]),
    );
    expect(text).toMatch(SHOWN);
    expect(text).not.toMatch(STEERS);
  });

  it('chat shows the answers of a model as they come', async () => {
    const options = { model: join(folder, 'model'), maxNewTokens: 64, stop: [], seed: 1 };
    const answerer = await openAnswerer(options as never);
    const session = new ChatSession(answerer, { ...options, history: true, interactive: true } as never);
    const text = await printedBy(async () => {
      await session.handle('abc');
      await session.handle(`/${EVIL}`);
    });
    expect(text).toMatch(SHOWN);
    expect(text).not.toMatch(STEERS);
  });

  it('lines of progress show warnings and names of stages', async () => {
    const text = await printedBy(async () => {
      const progress = new LineProgress(0);
      progress.event({ type: 'warning', stage: EVIL, message: EVIL });
      progress.loading(EVIL, 0, 0);
    });
    expect(text).toMatch(SHOWN);
    expect(text).not.toMatch(STEERS);
  });
});

/** Where the bars and the prompt of a chat are drawn, with escapes of the program, texts pass through `printable` first. */
const DRAWING = ['terminal/print.ts', 'progress/bar-progress.ts', 'answering/chat-input.ts'];

it('nothing else in the program writes to the terminal', () => {
  const source = join(__dirname, '..');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts') && !DRAWING.includes(name));
  expect(files.length).toBeGreaterThan(50);
  const writing = files.filter((name) =>
    /\bconsole\.|\b(stdout|stderr|output|stream|terminal)\.write\(/.test(
      readFileSync(join(source, name), 'utf8'),
    ),
  );
  expect(writing).toEqual([]);
});
