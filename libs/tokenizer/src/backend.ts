/** The common interface of both tokenizer libraries, for one tokenizer.json. */
export interface Backend {
  encodeBatch(texts: readonly string[], addSpecialTokens: boolean): Promise<number[][]>;
  encode(text: string, addSpecialTokens: boolean): Promise<number[]>;
  /** `ids` is not empty and contains only known ids. */
  decode(ids: number[], skipSpecialTokens: boolean): Promise<string>;
  tokenToId(token: string): number | null;
  idToToken(id: number): string | null;
}

/** Texts that are encoded one at a time by the threads of the library: cutting one into words would block the event loop. */
const LONG_TEXT = 100_000;

export function isLong(text: string): boolean {
  return text.length > LONG_TEXT;
}
