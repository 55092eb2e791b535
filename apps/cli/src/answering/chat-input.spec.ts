import { PassThrough } from 'node:stream';
import { pipedMessages, TerminalInput } from './chat-input';

/** A terminal of which the keys come from the spec. */
function terminal() {
  const input = Object.assign(new PassThrough(), { setRawMode: () => input });
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 100, rows: 24 });
  let shown = '';
  output.on('data', (data) => {
    shown += data;
  });
  const answering = { now: false, stopped: 0 };
  const chat = new TerminalInput(
    input as unknown as NodeJS.ReadStream,
    output as unknown as NodeJS.WriteStream,
    () => {
      if (answering.now) answering.stopped++;
      return answering.now;
    },
    () => input.end(),
  );
  return { input, chat, answering, shown: () => shown };
}

const paste = (text: string) => `\x1b[200~${text}\x1b[201~`;

describe('what is typed in a chat', () => {
  it('is one message where it was pasted, also while an answer is printed, where it is not echoed', async () => {
    const { input, chat, answering, shown } = terminal();
    const messages = chat.messages();
    input.write(`${paste('First:\r    x = 1\rWhat?')}\r`);
    expect((await messages.next()).value).toBe('First:\n    x = 1\nWhat?');
    answering.now = true;
    const before = shown();
    input.write('typed ahead\r');
    await new Promise((resolve) => setImmediate(resolve));
    expect(shown()).toBe(before);
    answering.now = false;
    expect((await messages.next()).value).toBe('typed ahead');
    await messages.return(undefined);
    expect(shown()).toContain('\x1b[?2004h');
    expect(shown().endsWith('\x1b[?2004l')).toBe(true);
  });

  it('is dropped by Ctrl-C, which stops the answer, then clears the line, then ends the chat', async () => {
    const { input, chat, answering } = terminal();
    const messages = chat.messages();
    input.write('first\r');
    await messages.next();
    answering.now = true;
    input.write('queued\ralso queued\r');
    input.write('\x03');
    await new Promise((resolve) => setImmediate(resolve));
    expect(answering.stopped).toBe(1);
    answering.now = false;
    const next = messages.next();
    input.write('half a line');
    await new Promise((resolve) => setImmediate(resolve));
    input.write('\x03');
    input.write('second\r');
    expect((await next).value).toBe('second');
    const last = messages.next();
    await new Promise((resolve) => setImmediate(resolve));
    input.write('\x03');
    expect((await last).done).toBe(true);
  });

  it('comes line by line from a pipe', async () => {
    const input = new PassThrough();
    input.end('hi\n"""\na\n  b\n"""\nunfinished \\\n');
    const messages: string[] = [];
    for await (const message of pipedMessages(input)) messages.push(message);
    expect(messages).toEqual(['hi', 'a\n  b', 'unfinished']);
  });
});
