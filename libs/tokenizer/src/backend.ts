/** The common interface of both tokenizer libraries, for one tokenizer.json. */
export interface Backend {
  encodeBatch(texts: readonly string[], addSpecialTokens: boolean): Promise<number[][]>;
  encode(text: string, addSpecialTokens: boolean): Promise<number[]>;
  /** `ids` is not empty and contains only known ids. */
  decode(ids: number[], skipSpecialTokens: boolean): Promise<string>;
  tokenToId(token: string): number | null;
  idToToken(id: number): string | null;
}
