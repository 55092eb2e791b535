import { HttpException, Injectable } from '@nestjs/common';
import { StreamLimiter } from '@open-chatgpt/service';
import type { Response } from 'express';
import { z } from 'zod';
import { isPlace } from '../documents/event-log';
import { type ServerSentEvent, sendEvents } from './server-sent-events';
import { InvalidRequest } from './validated';

/** How the streams stand in the OpenAPI document. */
export const eventStream = z.string().describe('server-sent events');
export const lastEventId = {
  name: 'Last-Event-ID',
  required: false,
  description: 'id of the last event that was received: the stream goes on after it',
};

/** What an endpoint that streams knows of its request. */
export interface StreamRequest {
  /** The header Last-Event-ID. */
  after: string | undefined;
  caller: string;
  response: Response;
}

/** Event streams of the histories: each caller has so many at once. */
@Injectable()
export class EventStreams {
  constructor(private readonly limiter: StreamLimiter) {}

  /** @throws InvalidRequest, or HttpException with status 429, before anything is sent */
  async send(
    { after, caller, response }: StreamRequest,
    eventsUntil: (after: string | undefined, left: AbortSignal) => AsyncIterable<readonly ServerSentEvent[]>,
  ): Promise<void> {
    if (after !== undefined && !isPlace(after)) {
      throw new InvalidRequest([
        { field: 'Last-Event-ID', message: 'expected the id of an event, such as 0-17' },
      ]);
    }
    const leave = this.limiter.enter(caller);
    if (!leave) {
      response.setHeader('retry-after', '5');
      throw new HttpException('too many event streams are open; close one of them', 429);
    }
    try {
      await sendEvents(response, (left) => eventsUntil(after, left));
    } finally {
      leave();
    }
  }
}
