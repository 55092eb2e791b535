import type { Response } from 'express';

/** How long a response may go on after its token was revoked. */
const CHECK_MS = 1000;

/** Ends responses whose caller loses access while they are sent: an event stream may be open for days. */
export class OpenResponses {
  private readonly open = new Map<Response, () => boolean>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly checkMs = CHECK_MS) {}

  /** @param hasAccess asked again and again until the response is complete */
  watch(response: Response, hasAccess: () => boolean): void {
    this.open.set(response, hasAccess);
    response.once('close', () => this.forget(response));
    this.timer ??= setInterval(() => this.check(), this.checkMs).unref();
  }

  private check(): void {
    for (const [response, hasAccess] of this.open) if (!hasAccess()) response.destroy();
  }

  private forget(response: Response): void {
    this.open.delete(response);
    if (this.open.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
