import { createInterface } from 'node:readline';
import { MessageLines } from './message-lines';
import { markPastes, PasteFilter } from './paste-filter';

/** The messages that somebody types or pastes at a terminal, one at a time: the next is read when it is asked for. */
export class TerminalInput {
  private readonly filter = new PasteFilter();
  private readonly lines = new MessageLines();

  /**
   * @param stopAnswer called at Ctrl-C: stops the current answer and returns whether there was one
   * @param leave called at Ctrl-C when there is nothing to stop and nothing typed
   */
  constructor(
    private readonly input: NodeJS.ReadStream,
    private readonly output: NodeJS.WriteStream,
    private readonly stopAnswer: () => boolean,
    private readonly leave: () => void,
  ) {}

  async *messages(): AsyncGenerator<string> {
    const { input, output, filter, lines } = this;
    const source = Object.assign(input.pipe(filter), { setRawMode: (on: boolean) => input.setRawMode(on) });
    const editor = createInterface({ input: source, output, terminal: true });
    const prompt = () => {
      editor.setPrompt(lines.open ? '… ' : '> ');
      editor.prompt();
    };
    filter.on('interrupt', () => {
      if (this.stopAnswer()) return;
      const typed = editor.line !== '' || lines.open;
      if (!typed) this.leave();
      lines.end();
      editor.write(null, { ctrl: true, name: 'e' });
      editor.write(null, { ctrl: true, name: 'u' });
      output.write('\n');
      prompt();
    });
    output.write(markPastes.on);
    try {
      prompt();
      for await (const line of editor) {
        const message = lines.push(filter.restore(line));
        if (message !== null) yield message;
        prompt();
        filter.next();
      }
    } finally {
      this.close();
      editor.close();
    }
  }

  /** Gives the terminal back as it was. */
  close(): void {
    this.output.write(markPastes.off);
    this.input.unpipe(this.filter);
    this.input.pause();
  }
}

/** The messages of a pipe. */
export async function* pipedMessages(input: NodeJS.ReadableStream): AsyncGenerator<string> {
  const lines = new MessageLines();
  for await (const line of createInterface({ input })) {
    const message = lines.push(line);
    if (message !== null) yield message;
  }
  const last = lines.end();
  if (last !== null) yield last;
}
