/** The model part of tokenizer.json for byte-level BPE, as GPT-2 and its successors have it. */
export function byteLevelModel(
  vocab: Readonly<Record<string, unknown>>,
  merges: readonly (readonly string[])[],
  ignoreMerges = false,
): Record<string, unknown> {
  return {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: ignoreMerges,
    vocab,
    merges,
  };
}
