import { ggufTokenizer } from '@open-chatgpt/tokenizer';
import { withEndTokens } from '../agreement/end-tokens';
import { withHeadOfFile } from '../agreement/tied-head';
import { checkTensors } from '../huggingface/check-tensors';
import type { ModelFiles } from '../huggingface/model-files';
import { ggufEndTokens } from './end-tokens';
import { ggufModelConfig } from './gguf-model-config';
import { ggufWeights } from './gguf-weights';
import { llama3Scaling } from './llama3-scaling';
import { openGgufFile } from './split';
import { huggingFaceName } from './tensor-names';

/**
 * Opens a GGUF file, or the parts of a split one, as a model, with configuration, tokenizer and weights in the format of a
 * Hugging Face folder.
 */
export async function openGguf(path: string): Promise<ModelFiles> {
  const file = await openGgufFile(path);
  try {
    const warnings: string[] = [];
    const warn = (message: string) => warnings.push(message);
    const parsed = ggufModelConfig(file.metadata, file.tensors(), await llama3Scaling(file));
    const generationConfig = { eos_token_id: ggufEndTokens(file.metadata) };
    // What llama.cpp adds to the end token that the metadata name is no disagreement.
    const stopping = withEndTokens(parsed, generationConfig, path, () => {});
    const find = (name: string) =>
      file.tensors().find((tensor) => huggingFaceName(parsed.family, tensor.name) === name);
    // llama.cpp uses `output.weight` wherever a file has it. A copy of the embeddings is the same as tying.
    const tied = { ...stopping, tieWordEmbeddings: true };
    const { config } = await withHeadOfFile(tied, file, find, path, () => {});
    const weights = ggufWeights(file, config, path);
    checkTensors(config, weights.tensors(), path, warn);
    return {
      config,
      weights,
      tokenizer: file.metadata.has('tokenizer.ggml.model') ? ggufTokenizer(file.metadata) : null,
      generationConfig: generationConfig.eos_token_id.length > 0 ? generationConfig : null,
      warnings,
      close: () => weights.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}
