interface AddedTokens {
  bos: { token: string; id: number } | null;
  eos: { token: string; id: number } | null;
}

/** The post-processor of tokenizer.json that adds the BOS and EOS tokens to a text; null when it adds none. */
export function templateProcessor({ bos, eos }: AddedTokens): Record<string, unknown> | null {
  if (!bos && !eos) return null;
  const special = (token: string, type_id: number) => ({ SpecialToken: { id: token, type_id } });
  const surround = (id: 'A' | 'B', type_id: number) => [
    ...(bos ? [special(bos.token, type_id)] : []),
    { Sequence: { id, type_id } },
    ...(eos ? [special(eos.token, type_id)] : []),
  ];
  const tokens = [bos, eos].filter((token) => token !== null);
  return {
    type: 'TemplateProcessing',
    single: surround('A', 0),
    pair: [...surround('A', 0), ...surround('B', 1)],
    special_tokens: Object.fromEntries(
      tokens.map(({ token, id }) => [token, { id: token, ids: [id], tokens: [token] }]),
    ),
  };
}
