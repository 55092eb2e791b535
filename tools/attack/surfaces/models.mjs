/** The files of a model: configuration, weights and tokenizer in Hugging Face's layout, and GGUF. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allocateBase, exportGguf, loadWeights, openModel } from '@open-chatgpt/models';
import { writeTinyModel } from '@open-chatgpt/models/testing';
import { loadTokenizer } from '@open-chatgpt/tokenizer';
import { bytesAsTokens } from '../byte-tokenizer.mjs';

const FILES = [
  'config.json',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
  'generation_config.json',
];

export async function open(folder) {
  const model = await writeTinyModel(folder, 1, { tokenizer: bytesAsTokens() });
  const gguf = join(folder, 'model.gguf');
  const opened = await openModel(model);
  try {
    await exportGguf(opened, model, gguf, { name: 'tiny', format: 'F16' });
  } finally {
    await opened.close();
  }
  const generation = JSON.stringify({ do_sample: true, temperature: 0.7, top_k: 20, eos_token_id: [256] });
  writeFileSync(join(model, 'generation_config.json'), generation);
  const whole = Object.fromEntries(FILES.map((name) => [name, readFileSync(join(model, name))]));
  const target = join(folder, 'attacked');
  return {
    seeds: [...FILES.map((name) => framed(name, whole[name])), framed('model.gguf', readFileSync(gguf))],
    hostile: hostileFiles(whole),
    async answer(input) {
      const [name, content] = unframed(input);
      rmSync(target, { recursive: true, force: true });
      mkdirSync(target);
      if (name === 'model.gguf') {
        writeFileSync(join(target, name), content);
        return load(join(target, name));
      }
      for (const file of FILES) writeFileSync(join(target, file), file === name ? content : whole[file]);
      return load(target);
    },
  };
}

/** As a server does before its first answer. */
async function load(path) {
  const files = await openModel(path);
  try {
    await loadWeights(allocateBase(files.config, false), files.weights);
    if (!files.tokenizer) return;
    const tokenizer = await loadTokenizer(files.tokenizer, { rows: files.config.vocabSize });
    await tokenizer.encode('A short text, 你好.');
  } finally {
    await files.close();
  }
}

/** The first line names the file that is attacked; a changed name attacks the configuration. */
function framed(name, content) {
  return Buffer.concat([Buffer.from(`${name}\n`), content]);
}

function unframed(input) {
  const end = input.indexOf('\n');
  const name = input.subarray(0, Math.max(0, end)).toString();
  return [FILES.includes(name) || name === 'model.gguf' ? name : FILES[0], input.subarray(end + 1)];
}

/** Counts, sizes and ids that the other files do not bear out. */
function hostileFiles(whole) {
  const changed = (name, change) => {
    const fields = JSON.parse(whole[name]);
    change(fields);
    return framed(name, Buffer.from(JSON.stringify(fields)));
  };
  const COUNTS = [
    'num_hidden_layers',
    'hidden_size',
    'vocab_size',
    'intermediate_size',
    'max_position_embeddings',
  ];
  const config = COUNTS.flatMap((field) =>
    [0, -1, 1e6, 1e9, 1e300, '7', null].map((value) =>
      changed('config.json', (fields) => {
        fields[field] = value;
      }),
    ),
  );
  const header = Buffer.alloc(8);
  header.writeBigUInt64LE(2n ** 62n);
  return [
    ...config,
    changed('tokenizer.json', ({ model }) => {
      model.vocab.far = 4_294_967_295;
    }),
    changed('tokenizer.json', (fields) => {
      fields.pre_tokenizer = {
        type: 'Split',
        pattern: { Regex: '(a+)+$' },
        behavior: 'Isolated',
        invert: false,
      };
    }),
    changed('generation_config.json', (fields) => {
      fields.eos_token_id = [4_294_967_295];
    }),
    framed('model.safetensors', header),
    framed(
      'model.gguf',
      Buffer.concat([Buffer.from('GGUF'), Buffer.from([3, 0, 0, 0]), Buffer.alloc(16, 0xff)]),
    ),
  ];
}
