import { familyOf } from '../families/family-of';
import type { ModelFiles } from '../huggingface/model-files';
import { ModelFileError } from '../weights/model-file-error';
import type { TensorInfo } from '../weights/weight-source';
import type { AdapterFiles } from './open-adapter';

export const HEAD = 'lm_head.weight';

/** The tensors of an adapter that change one module. */
export interface Update {
  /** Names of the factors. */
  a: string;
  b: string;
  /** Of the second factor (`lora_bias`). */
  bias?: string;
  /** DoRA's length of each output's weights. */
  magnitude?: string;
  /** The factors are those of a table of embeddings. */
  embedding: boolean;
}

/** What an adapter changes in its base. */
export interface AdapterParts {
  /** By the full name of a module. */
  updates: Map<string, Update>;
  /** Whole weights by their name in the base, with their name in the adapter. */
  whole: Map<string, { source: string; shape: readonly number[] }>;
  /** Rows of tables, by the full name of the module. */
  rows: Map<string, { source: string; indices: readonly number[] }>;
}

const FACTOR = /^(.*)\.lora_(A|B)\.(weight|bias)$/;
const EMBEDDING_FACTOR = /^(.*)\.lora_embedding_(A|B)$/;
const MAGNITUDE = /^(.*)\.lora_magnitude_vector(\.weight)?$/;
const TOKENS = /^(.*)\.token_adapter\.trainable_tokens_delta$/;
/** Wrappers of PEFT around a module, which older versions leave in the names. */
const WRAPPERS = /\.(base_layer|modules_to_save|modules_to_save\.default)(?=\.)/;

/**
 * Sorts the tensors of an adapter, and checks each against the base.
 *
 * @throws ModelFileError that names the first tensor that the base has no place for
 */
export function readParts(base: ModelFiles, adapter: AdapterFiles, where: string): AdapterParts {
  const parts: AdapterParts = { updates: new Map(), whole: new Map(), rows: new Map() };
  const update = (module: string): Update => {
    const known = parts.updates.get(module) ?? { a: '', b: '', embedding: false };
    parts.updates.set(module, known);
    return known;
  };
  const tensors = adapter.weights.tensors();
  for (const { name, shape } of tensors) {
    const [factor, table, magnitude, tokens] = [FACTOR, EMBEDDING_FACTOR, MAGNITUDE, TOKENS].map((pattern) =>
      pattern.exec(name),
    );
    if (factor?.[3] === 'bias') update(factor[1]).bias = name;
    else if (factor) update(factor[1])[factor[2] === 'A' ? 'a' : 'b'] = name;
    else if (table) {
      update(table[1])[table[2] === 'A' ? 'a' : 'b'] = name;
      update(table[1]).embedding = true;
    } else if (magnitude) update(magnitude[1]).magnitude = name;
    else if (tokens) parts.rows.set(tokens[1], { source: name, indices: adapter.tokenRowsOf(tokens[1]) });
    else parts.whole.set(name.replace(WRAPPERS, ''), { source: name, shape });
  }
  checkParts(parts, base, adapter, where);
  return parts;
}

function checkParts(parts: AdapterParts, base: ModelFiles, adapter: AdapterFiles, where: string): void {
  const fail = (problem: string): never => {
    throw new ModelFileError(where, problem);
  };
  const { config } = base;
  const [embeddings] = familyOf(config).embeddingNames(config);
  const shapes = new Map(base.weights.tensors().map(({ name, shape }) => [name, shape]));
  if (config.tieWordEmbeddings) shapes.set(HEAD, shapes.get(embeddings) as readonly number[]);
  const head = [...parts.whole.keys()].find((name) => /^(score|classifier|v_head)\./.test(name));
  if (head)
    fail(
      `is the adapter of a reward model or a classifier (it has ${head}); only one of a language model can be merged`,
    );

  for (const [name, { shape }] of parts.whole) {
    const expected =
      shapes.get(name) ??
      fail(`"${name}" matches no weight of the base; is it the adapter of another model?`);
    const resizable = name === embeddings || name === HEAD;
    if (
      shape.length !== expected.length ||
      shape.some((size, i) => size !== expected[i] && !(resizable && i === 0))
    )
      fail(
        `${name} is [${shape.join(', ')}], the base has [${expected.join(', ')}]; is it the adapter of another model?`,
      );
    shapes.set(name, shape);
  }
  const [rows, outputs] = [shapes.get(embeddings)?.[0], shapes.get(HEAD)?.[0]];
  if (rows !== outputs && !(config.tieWordEmbeddings && !parts.whole.has(HEAD)))
    fail(
      `the adapter resizes the vocabulary to ${rows} embeddings and ${outputs} outputs; both must have the same number`,
    );

  for (const [module, update] of parts.updates) {
    const shape =
      shapes.get(`${module}.weight`) ??
      fail(`"${module}" matches no layer of the base; is it the adapter of another model?`);
    checkUpdate(module, update, shape, shapeIn(adapter.weights.tensors()), config.family === 'gpt2', fail);
    if (update.bias && !shapes.has(`${module}.bias`))
      fail(
        `"${update.bias}" is a bias (lora_bias), and ${module} of the base has none; merge the adapter with PEFT`,
      );
    if (adapter.tiesHead && [embeddings, HEAD].includes(`${module}.weight`))
      fail(`ensure_weight_tying with factors on ${module} is not supported; merge the adapter with PEFT`);
  }
  for (const [module, { source, indices }] of parts.rows) {
    const table = shapes.get(`${module}.weight`) ?? fail(`"${module}" matches no table of the base`);
    const found = shapeIn(adapter.weights.tensors())(source);
    const beyond = indices.find((index) => index >= table[0]);
    if (beyond !== undefined)
      fail(`trainable_token_indices names ${beyond}, the table ${module} has ${table[0]} rows`);
    if (found.join() !== [indices.length, table[1]].join())
      fail(
        `"${source}" is [${found.join(', ')}], trainable_token_indices names ${indices.length} rows of ${table[1]}`,
      );
  }
}

const shapeIn = (tensors: readonly TensorInfo[]) => (name: string) =>
  tensors.find((tensor) => tensor.name === name)?.shape ?? [];

function checkUpdate(
  module: string,
  { a, b, magnitude, embedding }: Update,
  shape: readonly number[],
  shapeOf: (name: string) => readonly number[],
  inputMajor: boolean,
  fail: (problem: string) => never,
): void {
  if (a === '' || b === '') fail(`${module} has one factor only; download the adapter again`);
  if (shape.length !== 2) fail(`${module} of the base is no matrix, so it takes no factors`);
  if (embedding && magnitude)
    fail(`DoRA on the table ${module} is not supported; merge the adapter with PEFT`);
  const flipped = embedding || (inputMajor && /\.(c_attn|c_proj|c_fc)$/.test(module));
  const [outFeatures, inFeatures] = flipped ? [shape[1], shape[0]] : shape;
  const [found, wanted] = [
    [shapeOf(a)[1], shapeOf(b)[0]],
    [inFeatures, outFeatures],
  ];
  if (found.join() !== wanted.join() || shapeOf(a)[0] !== shapeOf(b)[1])
    fail(
      `the adapter of ${module} is for a layer from ${found[0]} to ${found[1]}, the base has ${inFeatures} to ${outFeatures}; ` +
        'is it the adapter of another model?',
    );
  if (magnitude && shapeOf(magnitude).join() !== String(outFeatures))
    fail(`"${magnitude}" has ${shapeOf(magnitude).join(' × ')} values for ${outFeatures} outputs`);
}
