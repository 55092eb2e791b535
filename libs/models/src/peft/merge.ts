import { linearModules } from '@open-chatgpt/sizing';
import type { ModelConfig } from '../config/model-config';
import { familyOf } from '../families/family-of';
import type { ModelFiles } from '../huggingface/model-files';
import { mergeAdapter } from '../lora/adapters';
import { checkFinite } from '../weights/check-finite';
import { elementCount, type TensorInfo, type WeightSource } from '../weights/weight-source';
import { normalizeRows } from './apply';
import type { AdapterFiles } from './open-adapter';
import { type AdapterParts, HEAD, readParts } from './parts';

/**
 * A model with an adapter merged into it, as PEFT computes it before merging: whole modules replace those of the base, the factors of
 * LoRA (and DoRA's magnitudes) change linear layers, embeddings and the head, trained tokens replace their rows. Reads as it is
 * read; closing it closes the base.
 *
 * Where the adapter changes only the embeddings or only the head of a tied base, the result is not tied any more: PEFT leaves the other
 * as it was, unless `ensure_weight_tying` is set.
 *
 * @param where folder of the adapter, for messages
 * @throws Error when the adapter belongs to another model, or has parts that cannot be merged
 */
export function mergedModel(base: ModelFiles, adapter: AdapterFiles, where: string): ModelFiles {
  const infos = new Map(base.weights.tensors().map((tensor) => [tensor.name, tensor]));
  const [embeddings] = familyOf(base.config).embeddingNames(base.config);
  const parts = readParts(base, adapter, where);
  const untied = base.config.tieWordEmbeddings && !adapter.tiesHead && changesOne(parts, embeddings);
  if (untied) infos.set(HEAD, { ...(infos.get(embeddings) as TensorInfo), name: HEAD });
  for (const [name, { shape }] of parts.whole)
    infos.set(name, { ...(infos.get(name) as TensorInfo), name, shape });
  if (base.config.tieWordEmbeddings && !untied) infos.delete(HEAD);
  const config: ModelConfig = {
    ...base.config,
    vocabSize: infos.get(embeddings)?.shape[0] ?? base.config.vocabSize,
    tieWordEmbeddings: base.config.tieWordEmbeddings && !untied,
  };
  const inputMajor = config.family === 'gpt2';
  const linear = new Set(linearModules(config).map(({ name }) => name));
  const tensors = [...infos.values()];

  async function read(name: string, target: Float32Array): Promise<void> {
    await merge(name, target);
    // Finite factors can have a product that is not.
    checkFinite(`${where}: "${name}" with the adapter`, target);
  }

  async function merge(name: string, target: Float32Array): Promise<void> {
    const whole = parts.whole.get(name);
    if (whole) await adapter.weights.read(whole.source, target);
    else await base.weights.read(untied && name === HEAD ? embeddings : name, target);
    const module = name.replace(/\.(weight|bias)$/, '');
    const update = parts.updates.get(module);
    if (update && name.endsWith('.bias')) return addBias(target, module);
    if (!update) return replaceRows(target, module, name);
    const { shape } = infos.get(name) as TensorInfo;
    const flipped = update.embedding || (inputMajor && linear.has(module));
    const [outFeatures, inFeatures] = flipped ? [shape[1], shape[0]] : shape;
    const [factorA, factorB] = [await tensorOf(update.a), await tensorOf(update.b)];
    const sizes = { inFeatures, outFeatures };
    mergeAdapter(target, target, factorA, factorB, sizes, adapter.scaleOf(module), flipped);
    if (update.magnitude) normalizeRows(target, await tensorOf(update.magnitude), sizes, flipped);
    await replaceRows(target, module, name);
  }

  async function tensorOf(name: string): Promise<Float32Array> {
    const info = adapter.weights.tensors().find((tensor) => tensor.name === name) as TensorInfo;
    const data = new Float32Array(elementCount(info.shape));
    await adapter.weights.read(name, data);
    return data;
  }

  /** `lora_bias`: the second factor has a bias, which goes into that of the module. */
  async function addBias(target: Float32Array, module: string): Promise<void> {
    const source = parts.updates.get(module)?.bias;
    if (!source) return;
    const bias = await tensorOf(source);
    const scale = adapter.scaleOf(module);
    for (let i = 0; i < target.length; i++) target[i] += scale * bias[i];
  }

  async function replaceRows(target: Float32Array, module: string, name: string): Promise<void> {
    const rows = parts.rows.get(module);
    if (!rows || !name.endsWith('.weight')) return;
    const data = await tensorOf(rows.source);
    const width = data.length / rows.indices.length;
    rows.indices.forEach((row, i) => {
      target.set(data.subarray(i * width, (i + 1) * width), row * width);
    });
  }

  const weights: WeightSource = { tensors: () => tensors, read, close: () => base.weights.close() };
  return { ...base, config, weights };
}

/** Whether the adapter changes the embeddings or the head, by more than rows of tokens. */
function changesOne({ whole, updates }: AdapterParts, embeddings: string): boolean {
  return [embeddings, HEAD].some((name) => whole.has(name) || updates.has(name.replace(/\.weight$/, '')));
}
