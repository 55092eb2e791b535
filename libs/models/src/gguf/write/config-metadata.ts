import type { GgufMetadataEntry } from '@open-chatgpt/tokenizer';
import type { ModelConfig, RopeScaling } from '../../config/model-config';
import { ModelFileError } from '../../weights/model-file-error';

export interface ConfigMetadata {
  architecture: string;
  entries: GgufMetadataEntry[];
  warnings: string[];
}

/** llama.cpp's architectures. It computes Mistral as LLaMA. */
const ARCHITECTURES: Partial<Record<ModelConfig['family'], string>> = {
  llama: 'llama',
  mistral: 'llama',
  qwen2: 'qwen2',
  qwen3: 'qwen3',
  gpt2: 'gpt2',
};

/**
 * The metadata of a GGUF file for a configuration: the inverse of `ggufModelConfig`.
 *
 * @param where the model, for messages
 * @throws ModelFileError that names what of the model llama.cpp does not have
 */
export function configMetadata(config: ModelConfig, where: string): ConfigMetadata {
  const architecture = ARCHITECTURES[config.family];
  const refuse = (reason: string): never => {
    throw new ModelFileError(where, `GGUF cannot carry this model: ${reason}`);
  };
  if (!architecture)
    return refuse(`llama.cpp has no ${config.family}; it has ${Object.keys(ARCHITECTURES).join(', ')}`);
  checkActivation(config, refuse);
  if (config.family === 'qwen3' && config.attentionBias)
    refuse('llama.cpp has no biases on the attention of qwen3 (attention_bias)');
  const warnings: string[] = [];
  const number = (key: string, value: number, type: 'u32' | 'f32' = 'u32'): GgufMetadataEntry => ({
    key: `${architecture}.${key}`,
    type,
    value,
  });
  const entries = [
    number('context_length', contextLength(config, warnings)),
    number('embedding_length', config.hiddenSize),
    number('block_count', config.numHiddenLayers),
    number('feed_forward_length', config.intermediateSize),
    number('attention.head_count', config.numAttentionHeads),
    number('vocab_size', config.vocabSize),
  ];
  if (config.family === 'gpt2') entries.push(number('attention.layer_norm_epsilon', config.normEps, 'f32'));
  else
    entries.push(
      number('attention.head_count_kv', config.numKeyValueHeads),
      number('attention.layer_norm_rms_epsilon', config.normEps, 'f32'),
      number('attention.key_length', config.headDim),
      number('attention.value_length', config.headDim),
      number('rope.dimension_count', config.headDim),
      number('rope.freq_base', config.ropeTheta, 'f32'),
      ...scalingEntries(config.ropeScaling, architecture, refuse),
    );
  return { architecture, entries, warnings };
}

function checkActivation({ family, hiddenAct }: ModelConfig, refuse: (reason: string) => never): void {
  const computed = family === 'gpt2' ? 'gelu_new' : 'silu';
  if (hiddenAct !== computed)
    refuse(`its activation is ${hiddenAct}, and llama.cpp computes ${computed} in this architecture`);
}

/** llama.cpp attends to all tokens in these architectures, which is the same up to the length of the window. */
function contextLength(config: ModelConfig, warnings: string[]): number {
  const { slidingWindow, maxPositionEmbeddings } = config;
  if (slidingWindow === null || slidingWindow >= maxPositionEmbeddings) return maxPositionEmbeddings;
  warnings.push(
    `llama.cpp has no sliding window of attention (${slidingWindow} tokens) in this architecture; the context length of the file ` +
      `is that of the window instead of ${maxPositionEmbeddings}, and up to it the results are the same`,
  );
  return slidingWindow;
}

function scalingEntries(
  scaling: RopeScaling | null,
  architecture: string,
  refuse: (reason: string) => never,
): GgufMetadataEntry[] {
  const key = (name: string) => `${architecture}.rope.scaling.${name}`;
  switch (scaling?.type) {
    case undefined:
    case 'llama3': // a tensor has its factors
      return [];
    case 'linear':
      return [
        { key: key('type'), type: 'string', value: 'linear' },
        { key: key('factor'), type: 'f32', value: scaling.factor },
      ];
    case 'yarn': {
      const standard =
        scaling.betaFast === 32 &&
        scaling.betaSlow === 1 &&
        scaling.attentionFactor === null &&
        !scaling.mscale &&
        !scaling.mscaleAllDim &&
        scaling.truncate;
      if (!standard)
        refuse(
          'its YaRN scaling has settings besides factor and original length, which the file does not have',
        );
      return [
        { key: key('type'), type: 'string', value: 'yarn' },
        { key: key('factor'), type: 'f32', value: scaling.factor },
        { key: key('original_context_length'), type: 'u32', value: scaling.originalMaxPositionEmbeddings },
      ];
    }
    default:
      return refuse(`its RoPE scaling is "${scaling?.type}", which llama.cpp does not compute`);
  }
}
