import { z } from 'zod';
import { ModelFileError } from '../weights/model-file-error';
import { parseDecoderConfig } from './decoder-config';
import { parseGpt2Config } from './gpt2-config';
import { MODEL_FAMILIES, type ModelConfig } from './model-config';
import { parseOptConfig } from './opt-config';
import { parseFields } from './schema';

const envelope = z.looseObject({ model_type: z.string() });

/**
 * Reads Hugging Face's config.json (transformers 4 and 5) of any supported family.
 *
 * @param json result of JSON.parse; unknown fields are kept in `source`
 * @param where the file, for error messages
 * @throws ModelFileError naming each field that is missing, wrong or not supported
 */
export function parseModelConfig(json: unknown, where: string): ModelConfig {
  const source = parseFields(envelope, json, where);
  if (source['quantization_config'])
    throw new ModelFileError(
      where,
      'field "quantization_config": quantized weights (GPTQ, AWQ, bitsandbytes) cannot be read; ' +
        "take the model's fp32, fp16 or bf16 weights, or a GGUF file",
    );
  switch (source.model_type) {
    case 'llama':
    case 'mistral':
    case 'qwen2':
    case 'qwen3':
      return parseDecoderConfig(source.model_type, source, where);
    case 'gpt2':
      return parseGpt2Config(source, where);
    case 'opt':
      return parseOptConfig(source, where);
    default:
      throw new ModelFileError(
        where,
        `field "model_type": "${source.model_type}" is not supported; supported: ${MODEL_FAMILIES.join(', ')}`,
      );
  }
}
