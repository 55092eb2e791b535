import { print, printAside, printJson, printPart } from '../terminal/print';
import { answerAll, encodePrompt } from './answer';
import type { AnsweringOptions } from './answering-options';
import { type ChatCommands, HELP, runChatCommand } from './chat-commands';
import { Conversation } from './conversation';
import { type Answerer, samplingOf } from './open-answerer';

export interface ChatSettings extends AnsweringOptions {
  history: boolean;
  interactive: boolean;
}

/** A chat, message by message: commands begin with "/", everything else is a message to the model. */
export class ChatSession implements ChatCommands {
  readonly conversation: Conversation;
  private stop: AbortController | null = null;
  private turn = 0;

  constructor(
    private readonly answerer: Answerer,
    readonly settings: ChatSettings,
  ) {
    this.conversation = new Conversation(settings.system, settings.history);
  }

  greeting(answersAlone: boolean): string {
    const note =
      'This model was trained on single questions, so it does not see earlier turns (--history shows them).\n';
    return `${answersAlone ? note : ''}Type or paste a message. ${HELP}.`;
  }

  /** Aborts the current answer. @returns whether there was one */
  stopAnswer(): boolean {
    this.stop?.abort();
    return this.stop !== null;
  }

  async handle(message: string): Promise<'exit' | 'continue'> {
    if (message === '') return 'continue';
    // What is pasted may begin with a path.
    if (message.trimStart().startsWith('/') && !message.includes('\n'))
      return runChatCommand(message.trim(), this);
    await this.ask(message);
    return 'continue';
  }

  /** Prints a message of this program, apart from the answers of the model. */
  print(text: string): void {
    if (this.settings.interactive) print(text);
    else printAside(text);
  }

  async ask(question: string): Promise<void> {
    const { maxNewTokens, stop, seed, json } = this.settings;
    const prompt = await this.encodeWithinContext(question);
    if (!prompt) return;
    this.stop = new AbortController();
    let shown = '';
    let cutOff: string | null = null;
    try {
      const sampling = samplingOf(this.answerer, this.settings);
      const [answer] = await answerAll({ ...this.answerer, sampling }, [prompt], {
        maxNewTokens,
        stop,
        seed: seed + this.turn++,
        signal: this.stop.signal,
        onText: ({ text }) => {
          shown += text;
          if (!json) printPart(text);
        },
      });
      const { text, finishReason, tokens, promptTokens } = answer;
      if (json) printJson({ prompt: question, text, finishReason, tokens: tokens.length, promptTokens });
      if (finishReason === 'length') cutOff = this.reasonOfEnd(tokens.length, promptTokens);
    } catch (error) {
      if (!this.stop.signal.aborted) throw error;
      cutOff = 'stopped';
    } finally {
      this.stop = null;
    }
    if (!json) {
      print();
      if (cutOff !== null) this.print(`[${cutOff}]`);
    }
    this.conversation.add(question, shown);
  }

  private reasonOfEnd(tokens: number, promptTokens: number): string {
    const { maxLength } = this.answerer;
    return promptTokens + tokens >= maxLength
      ? `cut off: the context of the model, ${maxLength} tokens, is full; /reset clears the conversation`
      : `cut off after ${tokens} tokens; /set max-new-tokens ${2 * tokens} allows more`;
  }

  /** Encodes the prompt, without the oldest turns if it would be too long; null if the question alone is too long. */
  private async encodeWithinContext(question: string): Promise<number[] | null> {
    const { maxLength } = this.answerer;
    const room = Math.min(this.settings.maxNewTokens, Math.floor(maxLength / 4));
    for (;;) {
      const prompt = await encodePrompt(this.answerer, this.conversation.with(question));
      if (prompt.length + room <= maxLength) return prompt;
      if (this.conversation.removeOldest()) continue;
      if (prompt.length < maxLength) return prompt;
      this.print(
        `The message is too long: ${prompt.length} tokens, and the context of the model is ${maxLength}.`,
      );
      return null;
    }
  }
}
