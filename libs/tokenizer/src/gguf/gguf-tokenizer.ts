import type { TokenizerFiles } from '../tokenizer';
import { byteLevelTokenizer, type ModelParts } from './byte-level-tokenizer';
import type { GgufMetadata } from './gguf-metadata';
import { sentencePieceTokenizer } from './sentencepiece-tokenizer';
import { templateProcessor } from './template-processor';
import { readVocabulary, specialToken, type Vocabulary } from './vocabulary';

/**
 * Converts the tokenizer of a GGUF file into the two files that Hugging Face's libraries read.
 *
 * @throws Error that names the file and the key, for damaged metadata and for any kind but byte-level BPE (gpt2) and
 *   SentencePiece BPE (llama)
 */
export function ggufTokenizer(metadata: GgufMetadata): TokenizerFiles {
  const vocabulary = readVocabulary(metadata);
  const parts = modelParts(metadata, vocabulary);
  const addsBos = metadata.boolean('tokenizer.ggml.add_bos_token') ?? parts.addsBos;
  const addsEos = metadata.boolean('tokenizer.ggml.add_eos_token') ?? false;
  const withId = (role: string) => {
    const token = specialToken(metadata, vocabulary, role);
    return token === null
      ? null
      : { token, id: metadata.number(`tokenizer.ggml.${role}_token_id`) as number };
  };
  const template = templateProcessor({
    bos: addsBos ? withId('bos') : null,
    eos: addsEos ? withId('eos') : null,
  });
  const tokenizerJson = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: vocabulary.added,
    normalizer: parts.normalizer,
    pre_tokenizer: parts.pre_tokenizer,
    post_processor: sequence([parts.postProcessor, template]),
    decoder: parts.decoder,
    model: parts.model,
  };
  const files = {
    tokenizerJson: JSON.stringify(tokenizerJson),
    tokenizerConfig: tokenizerConfig(metadata, vocabulary, { addsBos, addsEos }),
  };
  const byteLevel = metadata.string('tokenizer.ggml.model') === 'gpt2';
  if (!byteLevel || metadata.string('tokenizer.ggml.pre') !== undefined) return files;
  return {
    ...files,
    warnings: [
      `${metadata.where}: metadata "tokenizer.ggml.pre" is missing; text is split as llama.cpp does then, which may not be how the ` +
        'model was trained. Take a newer GGUF file of the model',
    ],
  };
}

function modelParts(metadata: GgufMetadata, vocabulary: Vocabulary): ModelParts {
  const kind = metadata.string('tokenizer.ggml.model');
  if (kind === 'gpt2') return byteLevelTokenizer(metadata, vocabulary);
  if (kind === 'llama') return sentencePieceTokenizer(metadata, vocabulary);
  throw new Error(`${metadata.where}: the tokenizer "${kind}" is not supported; supported: gpt2, llama`);
}

function sequence(steps: (Record<string, unknown> | null)[]): Record<string, unknown> | null {
  const present = steps.filter((step) => step !== null);
  return present.length > 1 ? { type: 'Sequence', processors: present } : (present[0] ?? null);
}

function tokenizerConfig(
  metadata: GgufMetadata,
  vocabulary: Vocabulary,
  { addsBos, addsEos }: { addsBos: boolean; addsEos: boolean },
): Record<string, unknown> {
  const contextLength = metadata.number(`${metadata.string('general.architecture')}.context_length`);
  const chatTemplate = metadata.string('tokenizer.chat_template');
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: specialToken(metadata, vocabulary, 'bos'),
    eos_token: specialToken(metadata, vocabulary, 'eos'),
    unk_token: specialToken(metadata, vocabulary, 'unknown'),
    pad_token: specialToken(metadata, vocabulary, 'padding'),
    add_bos_token: addsBos,
    add_eos_token: addsEos,
    clean_up_tokenization_spaces: false,
    ...(contextLength === undefined ? {} : { model_max_length: contextLength }),
    ...(chatTemplate === undefined ? {} : { chat_template: chatTemplate }),
  };
}
