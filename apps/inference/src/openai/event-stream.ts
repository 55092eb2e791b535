import type { Response } from 'express';
import type { OpenAiError } from './openai-error';

/** How an API writes its events. */
export interface EventStyle {
  /** The line that names an event; empty where events have no names. */
  name(event: object): string;
  /** What ends a stream after its last event. */
  end: string;
  /** The event that ends a stream that fails. */
  error(error: OpenAiError): object;
}

/** Chunks without names, and `[DONE]`. */
const CHUNKS: EventStyle = {
  name: () => '',
  end: 'data: [DONE]\n\n',
  error: ({ body }) => body,
};

/** Events whose name is their `type`. */
export const namedEvents = (error: EventStyle['error']): EventStyle => ({
  name: (event) => `event: ${(event as { type: string }).type}\n`,
  end: '',
  error,
});

/** The events of one call: none, one, or several. */
export type Events = object | readonly object[] | null;

/** Server-sent events of one response, in the order of the calls, although each event is made asynchronously. */
export class EventStream {
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly response: Response,
    private readonly style: EventStyle = CHUNKS,
  ) {}

  /** @param make null sends nothing. The headers are sent with the first event: before it an error can set the status. */
  send(make: () => Events | Promise<Events>): void {
    this.last = this.last.then(async () => {
      const events = await make();
      for (const event of events === null ? [] : [events].flat()) this.write(event);
    });
    // `end` throws the error.
    this.last.catch(() => undefined);
  }

  async end(): Promise<void> {
    await this.last;
    this.begin();
    this.response.end(this.style.end);
  }

  /** Ends the stream with an error, so that a client does not take a part of a completion for all of it. */
  async fail(error: OpenAiError): Promise<void> {
    await this.last.catch(() => undefined);
    this.write(this.style.error(error));
    this.response.end();
  }

  private write(event: object): void {
    this.begin();
    this.response.write(`${this.style.name(event)}data: ${JSON.stringify(event)}\n\n`);
  }

  private begin(): void {
    if (this.response.headersSent) return;
    this.response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      // Keeps proxies from buffering the stream.
      'x-accel-buffering': 'no',
    });
  }
}
