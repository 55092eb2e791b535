import type { ModelConfig } from '@open-chatgpt/models';
import type { Tokenizer, TokenizerFiles } from '@open-chatgpt/tokenizer';
import type { BaseModel } from './base-model';

/** What an exported model says of padding, in each of its files. */
export interface ExportedPadding {
  config: ModelConfig;
  tokenizer: TokenizerFiles;
  generationConfig: Record<string, unknown> | null;
}

const NEW_PAD = '<|pad|>';

/**
 * The files of an export with the padding token of the training. transformers finds the last token of a sequence by the
 * padding id of config.json, and gives the embedding of that id no gradient. Where this id is that of EOS, which many base
 * models say, a score is read before the end, and EOS is no longer learned.
 *
 * A reward model whose vocabulary has no token for padding (GPT-2) gets a new one, because transformers scores no batch without
 * it; `config.vocabSize` is then one larger than the number of embeddings.
 */
export function exportPadding(
  { config, tokenizer, template, generationConfig }: BaseModel,
  files: TokenizerFiles,
  scalarHead: boolean,
): ExportedPadding {
  const trained = tokenizer.padTokenId;
  // An id that ends answers cannot be padding for a reader that finds the end of a sequence by it.
  const usable = trained !== null && trained < config.vocabSize && !template.stopTokenIds.includes(trained);
  if (!usable && !scalarHead) {
    const own = config.padTokenId !== null && !template.stopTokenIds.includes(config.padTokenId);
    return { config: own ? config : { ...config, padTokenId: null }, tokenizer: files, generationConfig };
  }
  const pad = usable
    ? { id: trained, content: tokenizer.idToToken(trained)!, isNew: false }
    : { id: freeId(tokenizer, config.vocabSize), content: unused(tokenizer.tokenToId), isNew: true };
  return {
    config: { ...config, padTokenId: pad.id, vocabSize: Math.max(config.vocabSize, pad.id + 1) },
    tokenizer: tokenizerWith(files, pad, scalarHead),
    generationConfig:
      generationConfig && 'pad_token_id' in generationConfig
        ? { ...generationConfig, pad_token_id: pad.id }
        : generationConfig,
  };
}

interface Pad {
  id: number;
  content: string;
  isNew: boolean;
}

/** The id after all tokens. Tokens may lie far beyond the embeddings: each row up to the new id would be one of the export. */
function freeId({ vocabSize, idToToken }: Tokenizer, rows: number): number {
  let id = Math.min(vocabSize, rows);
  while (idToToken(id) !== null) id++;
  return id;
}

function unused(tokenToId: (token: string) => number | null): string {
  let content = NEW_PAD;
  for (let number = 2; tokenToId(content) !== null; number++) content = `<|pad_${number}|>`;
  return content;
}

function tokenizerWith(
  files: TokenizerFiles,
  { id, content, isNew }: Pad,
  scalarHead: boolean,
): TokenizerFiles {
  const tokenizerConfig = { ...files.tokenizerConfig };
  const { pad_token: named } = tokenizerConfig;
  const current = typeof named === 'object' ? (named as { content?: unknown } | null)?.content : named;
  if (current !== content) tokenizerConfig['pad_token'] = content;
  // The positions of GPT-2 are those of the padded row, so padding on the left moves them.
  if (scalarHead && tokenizerConfig['padding_side'] === 'left') tokenizerConfig['padding_side'] = 'right';
  const json = JSON.parse(files.tokenizerJson) as {
    added_tokens?: object[];
    padding?: { pad_id?: number; pad_token?: string } | null;
  };
  const stale = json.padding && json.padding.pad_id !== id;
  if (!isNew && !stale) return { tokenizerJson: files.tokenizerJson, tokenizerConfig };
  if (stale) json.padding = { ...json.padding, pad_id: id, pad_token: content };
  if (isNew) {
    const token = {
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    };
    json.added_tokens = [...(json.added_tokens ?? []), { id, ...token }];
    const decoder = tokenizerConfig['added_tokens_decoder'];
    if (decoder) tokenizerConfig['added_tokens_decoder'] = { ...decoder, [id]: token };
  }
  return { tokenizerJson: JSON.stringify(json), tokenizerConfig };
}
