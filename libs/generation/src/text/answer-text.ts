import { createTextStream, type TextStream, type Tokenizer } from '@open-chatgpt/tokenizer';
import { StopStrings } from './stop-strings';

/** The text of one answer while its tokens arrive. Emits whole characters only, and ends before a stop string. */
export class AnswerText {
  text = '';
  private readonly stream: TextStream;
  private readonly stops: StopStrings;

  constructor(
    tokenizer: Pick<Tokenizer, 'decode'>,
    stop: readonly string[],
    private readonly onText: (text: string) => unknown,
  ) {
    this.stream = createTextStream(tokenizer);
    this.stops = new StopStrings(stop);
  }

  /** The stop string before which the answer ended. */
  get stopped(): string | null {
    return this.stops.stopped;
  }

  async push(token: number): Promise<void> {
    await this.emit(this.stops.push(await this.stream.push(token)));
  }

  /** Emits the text that is held back, after the last token. */
  async end(): Promise<void> {
    await this.emit(this.stops.push(await this.stream.flush()));
    await this.emit(this.stops.flush());
  }

  private async emit(text: string): Promise<void> {
    if (text === '') return;
    this.text += text;
    await this.onText(text);
  }
}
