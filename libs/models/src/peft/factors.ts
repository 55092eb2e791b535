import { linearModules } from '@open-chatgpt/sizing';
import type { ModelFiles } from '../huggingface/model-files';
import { checkFinite } from '../weights/check-finite';
import { ModelFileError } from '../weights/model-file-error';
import { elementCount, type TensorInfo } from '../weights/weight-source';
import type { AdapterFiles } from './open-adapter';
import { type AdapterParts, readParts } from './parts';

/** The factors of one layer with r rows: the layer adds x aᵀ b to its output. */
export interface Factors {
  /** [r, in] */
  a: Float32Array;
  /** [r, out], with the scale of the adapter. */
  b: Float32Array;
}

/** A LoRA adapter in memory, apart from its base. */
export interface Adapter {
  /** Differs for each adapter that is read. */
  readonly id: symbol;
  /** The largest rank of its layers. */
  readonly rank: number;
  /** By the full names of the linear layers that it changes. */
  readonly factors: ReadonlyMap<string, Factors>;
}

/**
 * Reads an adapter that is added to its base at each run.
 *
 * @param where folder of the adapter, for messages
 * @throws ModelFileError when it belongs to another model, or changes more than linear layers inside the blocks by their factors
 */
export async function readAdapter(base: ModelFiles, files: AdapterFiles, where: string): Promise<Adapter> {
  const parts = readParts(base, files, where);
  const modules = new Map(linearModules(base.config).map((module) => [module.name, module]));
  checkFactorsOnly(parts, new Set(modules.keys()), where);
  const tensors = new Map(files.weights.tensors().map((tensor) => [tensor.name, tensor]));
  const read = async (name: string) => {
    const data = new Float32Array(elementCount((tensors.get(name) as TensorInfo).shape));
    await files.weights.read(name, data);
    return data;
  };
  const factors = new Map<string, Factors>();
  let rank = 0;
  for (const [name, update] of parts.updates) {
    const { inFeatures, outFeatures } = modules.get(name)!;
    const a = await read(update.a);
    const b = transposedTimes(await read(update.b), outFeatures, files.scaleOf(name));
    checkFinite(`${where}: "${name}" with its scale`, b);
    factors.set(name, { a, b });
    rank = Math.max(rank, a.length / inFeatures);
  }
  return { id: Symbol(where), rank, factors };
}

function checkFactorsOnly({ whole, rows, updates }: AdapterParts, linear: Set<string>, where: string): void {
  const fail = (what: string): never => {
    throw new ModelFileError(
      where,
      `${what}, which cannot be added to a base that other adapters share; merge it (openchat model merge) and serve the result`,
    );
  };
  for (const [name, { magnitude, bias }] of updates) {
    if (magnitude) fail(`"${magnitude}" is a magnitude of DoRA (use_dora)`);
    if (bias) fail(`"${bias}" is a bias (lora_bias)`);
    if (!linear.has(name)) fail(`the factors of "${name}" change no linear layer of a block`);
  }
  for (const { source } of whole.values()) fail(`"${source}" is a whole weight (modules_to_save)`);
  for (const { source } of rows.values()) fail(`"${source}" has rows of tokens (trainable_token_indices)`);
}

/** [out, r] → scale times [r, out] */
function transposedTimes(b: Float32Array, outFeatures: number, scale: number): Float32Array {
  const rank = b.length / outFeatures;
  return Float32Array.from(b, (_, i) => scale * b[(i % outFeatures) * rank + Math.floor(i / outFeatures)]);
}
