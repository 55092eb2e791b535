const OPEN = '<think>';
const CLOSE = '</think>';

/** A piece of an answer: what the model thinks, and what it says. */
export interface ThoughtParts {
  reasoning: string;
  text: string;
}

/** Separates what a model writes between `<think>` and `</think>`, at the beginning of its answer, from the rest while it arrives. */
export class ReasoningReader {
  private held = '';
  private mode: 'start' | 'thoughts' | 'break' | 'text';

  /** @param begun whether the prompt ends with `<think>` */
  constructor(begun: boolean) {
    this.mode = begun ? 'thoughts' : 'start';
  }

  push(piece: string): ThoughtParts {
    this.held += piece;
    if (this.mode === 'start') this.begin();
    const reasoning = this.mode === 'thoughts' ? this.takeThoughts() : '';
    // The line ends after the thoughts belong to neither.
    if (this.mode === 'break' && this.held.trimStart() !== '') {
      this.held = this.held.trimStart();
      this.mode = 'text';
    }
    return { reasoning, text: this.mode === 'text' ? this.take(this.held.length) : '' };
  }

  /** The rest, at the end of the answer, which may have been cut within the thoughts. */
  end(): ThoughtParts {
    const rest = this.take(this.held.length);
    if (this.mode === 'thoughts') return { reasoning: rest.trimEnd(), text: '' };
    return { reasoning: '', text: this.mode === 'break' ? '' : rest };
  }

  private begin(): void {
    const text = this.held.trimStart();
    if (text.startsWith(OPEN)) {
      this.held = text.slice(OPEN.length);
      this.mode = 'thoughts';
    } else if (!OPEN.startsWith(text)) this.mode = 'text';
  }

  private takeThoughts(): string {
    const at = this.held.indexOf(CLOSE);
    if (at === -1) return this.take(this.held.length - openEnd(this.held));
    const thoughts = this.take(at).trimEnd();
    this.take(CLOSE.length);
    this.mode = 'break';
    return thoughts;
  }

  private take(length: number): string {
    const taken = this.held.slice(0, length);
    this.held = this.held.slice(length);
    return taken;
  }
}

/** Length of the end of thoughts that may belong to the marker: blanks, and a part of it. */
function openEnd(text: string): number {
  for (let length = Math.min(CLOSE.length - 1, text.length); length > 0; length--)
    if (CLOSE.startsWith(text.slice(-length))) return text.length - text.slice(0, -length).trimEnd().length;
  return text.length - text.trimEnd().length;
}
