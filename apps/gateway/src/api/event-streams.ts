import { applyDecorators, Get, HttpException, Injectable } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { StreamLimiter } from '@open-chatgpt/service';
import type { Response } from 'express';
import { z } from 'zod';
import { isPosition } from '../documents/event-log';
import { Endpoint } from './endpoint';
import { sendLines } from './send-lines';
import { type ServerSentEvent, sendEvents } from './server-sent-events';
import { InvalidRequest } from './validation';

const eventStream = z.string().describe('server-sent events');
const lastEventId = {
  name: 'Last-Event-ID',
  required: false,
  description: 'id of the last event received; the stream continues after it',
};

/** Declares `GET :id/events`, which answers with server-sent events. */
export function WatchEndpoint(summary: string): MethodDecorator {
  return applyDecorators(
    Get(':id/events'),
    ApiHeader(lastEventId),
    Endpoint({
      summary,
      scope: 'read',
      response: eventStream,
      type: 'text/event-stream',
      errors: [400, 404, 429],
    }),
  );
}

/** A request for an event stream. */
export interface StreamRequest {
  /** The header Last-Event-ID. */
  after: string | undefined;
  caller: string;
  response: Response;
}

/** Sends event streams, with a limit of open streams for each caller. */
@Injectable()
export class EventStreams {
  constructor(private readonly limiter: StreamLimiter) {}

  /** @throws InvalidRequest, or HttpException with status 429, before the first byte is sent */
  async send(
    { after, caller, response }: StreamRequest,
    events: (after: string | undefined, signal: AbortSignal) => AsyncIterable<readonly ServerSentEvent[]>,
  ): Promise<void> {
    if (after !== undefined && !isPosition(after)) {
      throw new InvalidRequest([
        { field: 'Last-Event-ID', message: 'expected the id of an event, such as 0-17' },
      ]);
    }
    await this.limited(caller, response, () => sendEvents(response, (signal) => events(after, signal)));
  }

  /** Sends lines of text as they come. @throws HttpException before the first byte is sent */
  async sendLines(
    { caller, response }: Omit<StreamRequest, 'after'>,
    lines: (signal: AbortSignal) => AsyncIterable<string>,
  ): Promise<void> {
    await this.limited(caller, response, () => sendLines(response, lines));
  }

  private async limited(caller: string, response: Response, send: () => Promise<void>): Promise<void> {
    const leave = this.limiter.acquire(caller);
    if (!leave) {
      response.setHeader('retry-after', '5');
      throw new HttpException('too many event streams are open; close one of them', 429);
    }
    try {
      await send();
    } finally {
      leave();
    }
  }
}
