import type { Socket } from 'node:net';

/** No message is longer: of a checkpoint, its manifest is sent. */
const MOST_CHARACTERS = 1 << 16;
/** A host that is lost closes no connection. */
const KEEP_ALIVE_MS = 10_000;

/** JSON messages between two ranks, one a line, in their order. */
export class Link<Sent, Received> {
  private closed = false;
  private readonly messages: Received[] = [];
  private begun = '';
  private wake = () => {};

  constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8').setKeepAlive(true, KEEP_ALIVE_MS).setNoDelay();
    socket.on('data', (text) => this.receive(String(text)));
    // The event "close" follows.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.closed = true;
      this.wake();
    });
  }

  send(message: Sent): void {
    if (!this.socket.destroyed) this.socket.write(`${JSON.stringify(message)}\n`);
  }

  /** The next message; null when all are read and the connection is closed, also because the other process has ended. */
  async next(): Promise<Received | null> {
    while (this.messages.length === 0) {
      if (this.closed) return null;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return this.messages.shift() ?? null;
  }

  /** Closes the connection when what was sent has left. */
  close(): void {
    this.socket.end();
  }

  /** Closes the connection at once. */
  refuse(): void {
    this.socket.destroy();
  }

  private receive(text: string): void {
    const lines = (this.begun + text).split('\n');
    this.begun = lines.pop() ?? '';
    try {
      if (this.begun.length > MOST_CHARACTERS) throw new Error('a message is too long');
      this.messages.push(...lines.map((line) => JSON.parse(line)));
    } catch {
      // Not a rank.
      this.refuse();
    }
    this.wake();
  }
}
