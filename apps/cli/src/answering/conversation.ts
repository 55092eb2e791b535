import type { Message } from '@open-chatgpt/tokenizer';

/** The turns of a chat, and what of them the model is shown. */
export class Conversation {
  private turns: Message[] = [];

  constructor(
    public system: string | undefined,
    /** Whether the model sees earlier turns. */
    private readonly remembers: boolean,
  ) {}

  /** What the model is shown when the user says this: the system message, the turns so far and this one. */
  with(text: string): Message[] {
    const system: Message[] = this.system ? [{ role: 'system', content: this.system }] : [];
    return [...system, ...(this.remembers ? this.turns : []), { role: 'user', content: text }];
  }

  add(question: string, answer: string): void {
    this.turns.push({ role: 'user', content: question }, { role: 'assistant', content: answer });
  }

  /** Forgets the oldest question and its answer. @returns whether there was one */
  forgetOldest(): boolean {
    return this.remembers && this.turns.splice(0, 2).length > 0;
  }

  reset(): void {
    this.turns = [];
  }
}
