import { printJson } from '../terminal/json-line';
import { answerAll, encodePrompt } from './answer';
import type { AnsweringOptions } from './answering-options';
import { Conversation } from './conversation';
import type { Answerer } from './open-answerer';

export interface ChatSettings extends AnsweringOptions {
  history: boolean;
  interactive: boolean;
}

const HELP = '/reset forgets the conversation, /system <text> sets the system message, /exit ends the chat';

/** A chat, line by line: commands begin with "/", everything else is said to the model. */
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
      'This model was trained on single questions, so each is answered alone (--history shows it all).\n';
    return `${answersAlone ? note : ''}Say something. ${HELP}.`;
  }

  /** Ends the answer that is being given. @returns whether there was one */
  stopAnswer(): boolean {
    this.stop?.abort();
    return this.stop !== null;
  }

  async take(line: string): Promise<'exit' | 'continue'> {
    if (line === '/exit' || line === '/quit') return 'exit';
    if (line === '') return 'continue';
    if (line.startsWith('/')) this.obey(line);
    else await this.answer(line);
    return 'continue';
  }

  private obey(line: string): void {
    const [command, ...rest] = line.split(' ');
    const text = rest.join(' ').trim();
    if (command === '/reset') {
      this.conversation.reset();
      this.print('The conversation is forgotten.');
    } else if (command === '/system') {
      this.conversation.system = text || undefined;
      this.print(text ? 'The system message is set.' : 'There is no system message now.');
    } else {
      this.print(`There is no ${command}. ${HELP}.`);
    }
  }

  /** Words of this program, not of the model: not among the answers. */
  private print(text: string): void {
    (this.settings.interactive ? process.stdout : process.stderr).write(`${text}\n`);
  }

  private async answer(question: string): Promise<void> {
    const { maxNewTokens, stop, seed, json } = this.settings;
    const prompt = await this.fitting(question);
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

  /** The prompt's tokens, older turns left out until it and an answer fit; null when the question alone is too long. */
  private async fitting(question: string): Promise<number[] | null> {
    const { maxLength } = this.answerer;
    const room = Math.min(this.settings.maxNewTokens, Math.floor(maxLength / 4));
    for (;;) {
      const prompt = await encodePrompt(this.answerer, this.conversation.with(question));
      if (prompt.length + room <= maxLength) return prompt;
      if (this.conversation.forgetOldest()) continue;
      if (prompt.length < maxLength) return prompt;
      this.print(`That is too long: ${prompt.length} tokens, and the model reads at most ${maxLength}.`);
      return null;
    }
  }
}
