import type { Message } from '@open-chatgpt/tokenizer';

/** The turns of a chat, as the model sees them. */
export class Conversation {
  private turns: Message[] = [];

  constructor(
    public system: string | undefined,
    /** Whether the model sees earlier turns. */
    private readonly keepsHistory: boolean,
  ) {}

  /** The conversation with a new message: the system message, the turns so far, and the message. */
  with(text: string): Message[] {
    const system: Message[] = this.system ? [{ role: 'system', content: this.system }] : [];
    return [...system, ...(this.keepsHistory ? this.turns : []), { role: 'user', content: text }];
  }

  add(question: string, answer: string): void {
    this.turns.push({ role: 'user', content: question }, { role: 'assistant', content: answer });
  }

  /** Removes the oldest question and its answer. @returns whether there was one */
  removeOldest(): boolean {
    return this.keepsHistory && this.turns.splice(0, 2).length > 0;
  }

  reset(): void {
    this.turns = [];
  }
}
