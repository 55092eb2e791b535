import type { Response } from 'express';
import type { OpenAiError } from './openai-error';

/** Server-sent events of one response, in the order in which they are given, though each may take time to be made. */
export class EventStream {
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly response: Response) {}

  /** @param make null sends nothing; the headers leave with the first event, so until then an error has a status */
  send(make: () => object | null | Promise<object | null>): void {
    this.last = this.last.then(async () => {
      const event = await make();
      if (event) this.write(JSON.stringify(event));
    });
    // What went wrong is told by `end`.
    this.last.catch(() => undefined);
  }

  async end(): Promise<void> {
    await this.last;
    this.write('[DONE]');
    this.response.end();
  }

  /** A stream must not end as if it were whole: clients would take half an answer for one. */
  async fail(error: OpenAiError): Promise<void> {
    await this.last.catch(() => undefined);
    this.write(JSON.stringify(error.body));
    this.response.end();
  }

  private write(data: string): void {
    if (!this.response.headersSent) {
      this.response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache',
        // Proxies would collect it.
        'x-accel-buffering': 'no',
      });
    }
    this.response.write(`data: ${data}\n\n`);
  }
}
