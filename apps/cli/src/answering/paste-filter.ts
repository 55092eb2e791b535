import { Transform, type TransformCallback } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

const PASTE_START = '\x1b[200~';
const PASTE_END = '\x1b[201~';
const INTERRUPT = '\x03';

/** What a line end inside pasted text is shown as while the line is edited. */
const SHOWN_LINE_END = '⏎';

/** Asks a terminal to mark pasted text, and not to mark it any more. */
export const markPastes = { on: '\x1b[?2004h', off: '\x1b[?2004l' };

/**
 * The keys of a terminal in raw mode, made ready for a line editor: pasted text is one line, and after a line nothing passes until
 * `next` is called, so that what is typed while an answer is printed is not echoed into it.
 *
 * Emits `interrupt` for Ctrl-C, which also drops what waits.
 */
export class PasteFilter extends Transform {
  private readonly decoder = new StringDecoder('utf8');
  private queue = '';
  private pasting = false;
  private pasted = false;
  private waiting = false;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.queue += this.decoder.write(chunk);
    this.process();
    done();
  }

  override _flush(done: TransformCallback): void {
    this.waiting = false;
    this.process();
    done();
  }

  /** Lets the next line pass. */
  next(): void {
    this.waiting = false;
    this.process();
  }

  /** A line of the editor as it was typed and pasted. To be called before `next`. */
  restore(line: string): string {
    const text = this.pasted ? line.replaceAll(SHOWN_LINE_END, '\n') : line;
    this.pasted = false;
    return text;
  }

  private process(): void {
    this.interruptIfAsked();
    while (this.queue !== '' && !this.waiting) {
      const passed = this.pasting ? this.passPasted() : this.passTyped();
      if (!passed) return;
    }
  }

  private interruptIfAsked(): void {
    const at = this.queue.lastIndexOf(INTERRUPT);
    if (at < 0) return;
    this.queue = this.queue.slice(at + 1);
    this.pasting = false;
    this.emit('interrupt');
  }

  /** Passes keys up to a line end or a paste. @returns whether something passed */
  private passTyped(): boolean {
    const start = this.queue.indexOf(PASTE_START);
    const end = this.queue.search(/[\r\n]/);
    if (end >= 0 && (start < 0 || end < start)) {
      this.waiting = true;
      const width = this.queue.startsWith('\r\n', end) ? 2 : 1;
      return this.pass(`${this.queue.slice(0, end)}\r`, end + width);
    }
    if (start >= 0) {
      this.pasting = true;
      return this.pass(this.queue.slice(0, start), start + PASTE_START.length);
    }
    const held = heldBack(this.queue, PASTE_START, 2);
    return this.pass(this.queue.slice(0, this.queue.length - held), this.queue.length - held);
  }

  private passPasted(): boolean {
    const end = this.queue.indexOf(PASTE_END);
    const length = end >= 0 ? end : this.queue.length - heldBack(this.queue, PASTE_END, 1);
    const text = shownPaste(this.queue.slice(0, length));
    this.pasted ||= text.includes(SHOWN_LINE_END);
    this.pasting = end < 0;
    return this.pass(text, end >= 0 ? end + PASTE_END.length : length);
  }

  private pass(text: string, length: number): boolean {
    this.queue = this.queue.slice(length);
    if (text !== '') this.push(text);
    return length > 0;
  }
}

/** Pasted text on one line, without what a line editor would take for keys. */
function shownPaste(text: string): string {
  return (
    text
      .replace(/\r\n?|\n/g, SHOWN_LINE_END)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are keys for the editor.
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '')
  );
}

/** The characters at the end of a text that may be the beginning of a mark, of which at least `least` are there. */
function heldBack(text: string, mark: string, least: number): number {
  for (let length = Math.min(mark.length - 1, text.length); length >= least; length--)
    if (text.endsWith(mark.slice(0, length))) return length;
  return 0;
}
