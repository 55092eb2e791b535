import { ENCODINGS, type EncodingName } from './encodings';

/** The formats of a GGUF file: one number format, or llama.cpp's mixtures. */
export type GgufFormat = 'F32' | 'F16' | 'BF16' | 'Q8_0' | 'Q4_1' | 'Q4_K_M';

/** llama.cpp's number of a format (llama.h, enum llama_ftype). */
export const FILE_TYPES: Readonly<Record<GgufFormat, number>> = {
  F32: 0,
  F16: 1,
  BF16: 32,
  Q4_1: 3,
  Q8_0: 7,
  Q4_K_M: 15,
};

/** In place of a block type whose blocks do not divide a row, as in llama.cpp. */
const FALLBACK: Partial<Record<EncodingName, EncodingName>> = {
  Q4_K: 'Q5_0',
  Q6_K: 'Q8_0',
  Q5_0: 'F16',
  Q4_1: 'F16',
  Q8_0: 'F16',
};

interface EncodingChoice {
  format: GgufFormat;
  layers: number;
  /** Whether the embeddings are the output too. */
  tied: boolean;
  /** Whether 4-bit weights keep 8 bits for this matrix (`keepsEightBits`). */
  eightBits: boolean;
}

/**
 * How llama.cpp's quantizer stores a tensor (llama_tensor_get_type in llama-quant.cpp): vectors and learned positions in
 * float32, matrices in the format. Q4_K_M keeps more bits of the output, and of values and the end of the MLP in the first
 * and last eighth of the layers and in each third layer between. It has Q6_K for GPT-2's fused projection, where llama.cpp
 * has Q5_K. Q4_1 has Q8_0 for the matrices that 4-bit weights in memory keep in 8 bits, and nothing else of llama.cpp's choice.
 *
 * @param name of llama.cpp
 */
export function chooseEncoding(
  name: string,
  shape: readonly number[],
  { format, layers, tied, eightBits }: EncodingChoice,
): EncodingName {
  if (shape.length < 2 || name === 'position_embd.weight' || format === 'F32') return 'F32';
  let encoding: EncodingName = format === 'Q4_K_M' ? mixture(name, layers, tied, shape[1]) : format;
  if (format === 'Q4_1' && eightBits) encoding = 'Q8_0';
  while (shape[1] % ENCODINGS[encoding].blockSize !== 0) encoding = FALLBACK[encoding]!;
  return encoding;
}

function mixture(name: string, layers: number, tied: boolean, columns: number): EncodingName {
  if (name === 'output.weight' || (tied && name === 'token_embd.weight'))
    return columns % 256 === 0 ? 'Q6_K' : 'Q8_0';
  const [, layer, module] = /^blk\.(\d+)\.(\w+)\./.exec(name) ?? [];
  if (module === 'attn_qkv') return 'Q6_K';
  if (module === 'attn_v' || module === 'ffn_down')
    return needsMoreBits(Number(layer), layers) ? 'Q6_K' : 'Q4_K';
  return 'Q4_K';
}

function needsMoreBits(layer: number, layers: number): boolean {
  const eighth = Math.floor(layers / 8);
  return layer < eighth || layer >= Math.floor((7 * layers) / 8) || (layer - eighth) % 3 === 2;
}
