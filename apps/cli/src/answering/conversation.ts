import type { Message } from '@open-chatgpt/tokenizer';

/** The turns of a chat, as the model sees them. */
export class Conversation {
  private turns: Message[] = [];
  /** Turns at the beginning that the model sees no more, because there is no room for them. */
  private forgotten = 0;

  constructor(
    public system: string | undefined,
    /** Whether the model sees earlier turns. */
    private readonly keepsHistory: boolean,
  ) {}

  /** The conversation with a new message: the system message, the turns so far, and the message. */
  with(text: string): Message[] {
    const turns = this.keepsHistory ? this.turns.slice(this.forgotten) : [];
    return [...this.systemTurn(), ...turns, { role: 'user', content: text }];
  }

  /** All turns since the conversation began. */
  all(): Message[] {
    return [...this.systemTurn(), ...this.turns];
  }

  add(question: string, answer: string): void {
    this.turns.push({ role: 'user', content: question }, { role: 'assistant', content: answer });
  }

  /** Hides the oldest question and its answer from the model. @returns whether there was one */
  removeOldest(): boolean {
    if (!this.keepsHistory || this.forgotten >= this.turns.length) return false;
    this.forgotten += 2;
    return true;
  }

  /** Removes the last question and its answer. @returns the question; null where there is none */
  removeLast(): string | null {
    const [question] = this.turns.splice(-2);
    this.forgotten = Math.min(this.forgotten, this.turns.length);
    return question?.content ?? null;
  }

  reset(): void {
    this.turns = [];
    this.forgotten = 0;
  }

  private systemTurn(): Message[] {
    return this.system ? [{ role: 'system', content: this.system }] : [];
  }
}
