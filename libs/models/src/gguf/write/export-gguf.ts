import { type GgufMetadataEntry, loadTokenizer, tokenizerMetadata } from '@open-chatgpt/tokenizer';
import type { ModelConfig } from '../../config/model-config';
import { ropeFrequencies } from '../../config/rope-frequencies';
import { keepsEightBits } from '../../families/keeps-eight-bits';
import type { ModelFiles } from '../../huggingface/model-files';
import { isRewardModel } from '../../huggingface/reward-head';
import { ModelFileError } from '../../weights/model-file-error';
import { elementCount, type TensorInfo } from '../../weights/weight-source';
import { isTransposed, storeLayout } from '../restore-layout';
import { ggufName, ROPE_FACTORS } from '../tensor-names';
import { chooseEncoding, FILE_TYPES, type GgufFormat } from './choose-encoding';
import { configMetadata } from './config-metadata';
import type { EncodingName } from './encodings';
import { type GgufTensorToWrite, layOut, writeGguf } from './write-gguf';

const LARGEST_HALF = 65504;

export interface GgufExportOptions {
  /** Name of the model in the file. */
  name: string;
  format: GgufFormat;
  /** Whether to check the model and write nothing. */
  dryRun?: boolean;
  /** In elements of the weights. */
  onProgress?: (done: number, total: number) => void;
}

export interface GgufExport {
  /** Number of elements in each type of tensor. */
  written: Partial<Record<EncodingName, number>>;
  /** Size of the file. */
  bytes: number;
  /** What llama.cpp does otherwise; one sentence each. */
  warnings: string[];
}

/**
 * Writes a language model as a GGUF file that llama.cpp and what is built on it (Ollama, LM Studio) load, with its tokenizer
 * and its chat template.
 *
 * @param source the model, for messages
 * @throws Error that names what of the model or its tokenizer a GGUF file cannot carry, before anything is written
 */
export async function exportGguf(
  files: ModelFiles,
  source: string,
  path: string,
  { name, format, dryRun = false, onProgress = () => {} }: GgufExportOptions,
): Promise<GgufExport> {
  const { config } = files;
  if (isRewardModel(files))
    throw new ModelFileError(
      source,
      'GGUF cannot carry a reward model: llama.cpp has no scalar head for this architecture; export a language model',
    );
  if (!files.tokenizer)
    throw new ModelFileError(source, 'has no tokenizer.json, and a GGUF file contains the tokenizer');
  const model = configMetadata(config, source);
  const tokenizer = await tokenizerMetadata(
    await loadTokenizer(files.tokenizer),
    config.vocabSize,
    config.eosTokenIds,
  );
  const metadata: GgufMetadataEntry[] = [
    { key: 'general.architecture', type: 'string', value: model.architecture },
    { key: 'general.name', type: 'string', value: name },
    { key: 'general.file_type', type: 'u32', value: FILE_TYPES[format] },
    { key: 'general.quantization_version', type: 'u32', value: 2 },
    ...model.entries,
    ...tokenizer.entries,
  ];
  const tensors = tensorsOf(files, source, format, model.architecture === 'llama');
  const sizes = tensors.map(({ encoding, shape }) => ({ encoding, count: elementCount(shape) }));
  const written: GgufExport['written'] = {};
  for (const { encoding, count } of sizes) written[encoding] = (written[encoding] ?? 0) + count;
  const total = sizes.reduce((sum, { count }) => sum + count, 0);
  let done = 0;
  const file = layOut(metadata, tensors);
  if (!dryRun)
    await writeGguf(path, file, (elements) => {
      done += elements;
      onProgress(done, total);
    });
  return { written, bytes: file.bytes, warnings: [...model.warnings, ...tokenizer.warnings] };
}

function tensorsOf(
  { config, weights }: ModelFiles,
  source: string,
  format: GgufFormat,
  interleaved: boolean,
): GgufTensorToWrite[] {
  const mixture = { format, layers: config.numHiddenLayers, tied: config.tieWordEmbeddings };
  const one = ({ name, shape }: TensorInfo): GgufTensorToWrite => {
    const stored = ggufName(config.family, name);
    if (stored === null)
      throw new ModelFileError(source, `GGUF cannot carry this model: llama.cpp has no tensor for ${name}`);
    const storedShape = isTransposed(name, config) ? [...shape].reverse() : shape;
    const eightBits = keepsEightBits(name, config);
    const encoding = chooseEncoding(stored, storedShape, { ...mixture, eightBits });
    const load = async () => {
      const values = new Float32Array(elementCount(shape));
      await weights.read(name, values);
      if (encoding !== 'F32' && encoding !== 'BF16') checkRange(values, name, source);
      storeLayout(name, values, shape, config, interleaved);
      return values;
    };
    return { name: stored, shape: storedShape, encoding, load };
  };
  return [...ropeFactors(config), ...weights.tensors().map(one)];
}

function checkRange(values: Float32Array, name: string, source: string): void {
  for (const value of values)
    if (Math.abs(value) > LARGEST_HALF)
      throw new ModelFileError(
        source,
        `${name} has the value ${value}, too large for fp16; use bf16 or fp32`,
      );
}

/** The divisor of each rotary frequency, in which llama.cpp keeps the scaling of LLaMA 3. */
function ropeFactors(config: ModelConfig): GgufTensorToWrite[] {
  if (config.ropeScaling?.type !== 'llama3') return [];
  const plain = ropeFrequencies({ ...config, ropeScaling: null }, 1).frequencies;
  const scaled = ropeFrequencies(config, 1).frequencies;
  const factors = plain.map((frequency, i) => frequency / scaled[i]);
  return [{ name: ROPE_FACTORS, shape: [factors.length], encoding: 'F32', load: async () => factors }];
}
