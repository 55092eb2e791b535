import { ggufTokenizer } from '@open-chatgpt/tokenizer';
import { checkTensors } from '../huggingface/check-tensors';
import type { ModelFiles } from '../huggingface/model-files';
import { openGgufFile } from './gguf-file';
import { ggufModelConfig } from './gguf-model-config';
import { ggufWeights } from './gguf-weights';
import { llama3Scaling } from './llama3-scaling';

/** Opens a GGUF file as a model, with configuration, tokenizer and weights in the format of a Hugging Face folder. */
export async function openGguf(path: string): Promise<ModelFiles> {
  const file = await openGgufFile(path);
  try {
    const config = ggufModelConfig(file.metadata, file.tensors(), await llama3Scaling(file));
    const weights = ggufWeights(file, config, path);
    checkTensors(config, weights.tensors(), path);
    return {
      config,
      weights,
      tokenizer: file.metadata.has('tokenizer.ggml.model') ? ggufTokenizer(file.metadata) : null,
      generationConfig: null,
      close: () => weights.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}
