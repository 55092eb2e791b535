import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import type { EventOf } from '@open-chatgpt/events';
import { type MessageContext, OnEvent } from '@open-chatgpt/messaging';
import { ValueService } from './value.service';

/** Requests of a learner become updates of the value model of its run. */
@Controller()
export class ValueConsumer {
  constructor(private readonly service: ValueService) {}

  @OnEvent('value.update-requested')
  async requested(
    @Payload() { data }: EventOf<'value.update-requested'>,
    @Ctx() { signal }: MessageContext,
  ): Promise<void> {
    await this.service.execute(data, signal);
  }
}
