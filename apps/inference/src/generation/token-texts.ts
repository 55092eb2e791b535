import type { Tokenizer } from '@open-chatgpt/tokenizer';

/** The text of single tokens, as log-probabilities show it. */
export class TokenTexts {
  private readonly known = new Map<number, string>();
  private anchor: Promise<{ ids: number[]; text: string }> | null = null;

  constructor(
    private readonly tokenizer: Pick<Tokenizer, 'encode' | 'decode' | 'idToToken' | 'specialTokens'>,
  ) {}

  async of(token: number): Promise<string> {
    const known = this.known.get(token);
    if (known !== undefined) return known;
    const text = await this.decode(token);
    this.known.set(token, text);
    return text;
  }

  /** Decodes the token after other text: at the beginning of a text a token may lose its space. */
  private async decode(token: number): Promise<string> {
    const name = this.tokenizer.idToToken(token);
    if (name !== null && this.tokenizer.specialTokens.includes(name)) return name;
    this.anchor ??= this.makeAnchor();
    const { ids, text } = await this.anchor;
    return (await this.tokenizer.decode([...ids, token])).slice(text.length);
  }

  private async makeAnchor() {
    const ids = await this.tokenizer.encode('a');
    return { ids, text: await this.tokenizer.decode(ids) };
  }
}
