import type { Response } from 'express';
import type { OpenAiError } from './openai-error';

/** Server-sent events of one response, in the order of the calls, although each event is made asynchronously. */
export class EventStream {
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly response: Response) {}

  /** @param make null sends nothing. The headers are sent with the first event: before it an error can set the status. */
  send(make: () => object | null | Promise<object | null>): void {
    this.last = this.last.then(async () => {
      const event = await make();
      if (event) this.write(JSON.stringify(event));
    });
    // `end` throws the error.
    this.last.catch(() => undefined);
  }

  async end(): Promise<void> {
    await this.last;
    this.write('[DONE]');
    this.response.end();
  }

  /** Ends the stream with an error, so that a client does not take a part of a completion for all of it. */
  async fail(error: OpenAiError): Promise<void> {
    await this.last.catch(() => undefined);
    this.write(JSON.stringify(error.body));
    this.response.end();
  }

  private write(data: string): void {
    if (!this.response.headersSent) {
      this.response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        // Keeps proxies from buffering the stream.
        'x-accel-buffering': 'no',
      });
    }
    this.response.write(`data: ${data}\n\n`);
  }
}
