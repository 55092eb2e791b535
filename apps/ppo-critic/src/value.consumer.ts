import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import type { EventOf } from '@open-chatgpt/events';
import { type MessageContext, OnEvent } from '@open-chatgpt/messaging';
import { ValueService } from './value.service';

/** Requests of a run's learner become updates of its value model. */
@Controller()
export class ValueConsumer {
  constructor(private readonly service: ValueService) {}

  @OnEvent('value.update-requested')
  async requested(
    @Payload() { data }: EventOf<'value.update-requested'>,
    @Ctx() { signal }: MessageContext,
  ): Promise<void> {
    await this.service.update(data, signal);
  }
}
