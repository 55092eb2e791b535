import type { TokenEvent } from '@open-chatgpt/generation';

/** The token ids of the choices of a stream: those of each chunk, and at the end those that have no text. */
export class StreamedTokens {
  private readonly counts = new Map<number, number>();

  of(index: number, tokens: readonly TokenEvent[]): number[] {
    this.counts.set(index, (this.counts.get(index) ?? 0) + tokens.length);
    return tokens.map(({ token }) => token);
  }

  /** @param tokens all of the answer, with its stop token */
  rest(index: number, tokens: readonly number[]): number[] {
    return tokens.slice(this.counts.get(index) ?? 0);
  }
}
