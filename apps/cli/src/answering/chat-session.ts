import { printJson } from '../terminal/json-line';
import { answerAll, encodePrompt } from './answer';
import type { AnsweringOptions } from './answering-options';
import { Conversation } from './conversation';
import type { Answerer } from './open-answerer';

export interface ChatSettings extends AnsweringOptions {
  history: boolean;
  interactive: boolean;
}

const HELP = '/reset clears the conversation, /system <text> sets the system message, /exit ends the chat';

/** A chat, line by line: commands begin with "/", every other line is a message to the model. */
export class ChatSession {
  private readonly conversation: Conversation;
  private stop: AbortController | null = null;
  private turn = 0;

  constructor(
    private readonly answerer: Answerer,
    private readonly settings: ChatSettings,
  ) {
    this.conversation = new Conversation(settings.system, settings.history);
  }

  greeting(answersAlone: boolean): string {
    const note =
      'This model was trained on single questions, so it does not see earlier turns (--history shows them).\n';
    return `${answersAlone ? note : ''}Type a message. ${HELP}.`;
  }

  /** Aborts the current answer. @returns whether there was one */
  stopAnswer(): boolean {
    this.stop?.abort();
    return this.stop !== null;
  }

  async handle(line: string): Promise<'exit' | 'continue'> {
    if (line === '/exit' || line === '/quit') return 'exit';
    if (line === '') return 'continue';
    if (line.startsWith('/')) this.runCommand(line);
    else await this.answer(line);
    return 'continue';
  }

  private runCommand(line: string): void {
    const [command, ...rest] = line.split(' ');
    const text = rest.join(' ').trim();
    if (command === '/reset') {
      this.conversation.reset();
      this.print('The conversation is cleared.');
    } else if (command === '/system') {
      this.conversation.system = text || undefined;
      this.print(text ? 'The system message is set.' : 'The system message is removed.');
    } else {
      this.print(`Unknown command ${command}. ${HELP}.`);
    }
  }

  /** Prints a message of this program, apart from the answers of the model. */
  private print(text: string): void {
    (this.settings.interactive ? process.stdout : process.stderr).write(`${text}\n`);
  }

  private async answer(question: string): Promise<void> {
    const { maxNewTokens, stop, seed, json } = this.settings;
    const prompt = await this.encodeWithinContext(question);
    if (!prompt) return;
    this.stop = new AbortController();
    let shown = '';
    try {
      const [answer] = await answerAll(this.answerer, [prompt], {
        maxNewTokens,
        stop,
        seed: seed + this.turn++,
        signal: this.stop.signal,
        onText: ({ text }) => {
          shown += text;
          if (!json) process.stdout.write(text);
        },
      });
      if (json) {
        const { text, finishReason, tokens, promptTokens } = answer;
        printJson({ prompt: question, text, finishReason, tokens: tokens.length, promptTokens });
      }
    } catch (error) {
      if (!this.stop.signal.aborted) throw error;
    } finally {
      this.stop = null;
    }
    if (!json) process.stdout.write('\n');
    this.conversation.add(question, shown);
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
