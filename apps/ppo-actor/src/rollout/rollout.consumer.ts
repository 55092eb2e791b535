import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import type { EventOf } from '@open-chatgpt/events';
import { type MessageContext, OnEvent } from '@open-chatgpt/messaging';
import { secondsSince } from '@open-chatgpt/ppo-exchange';
import { RolloutService } from './rollout.service';

/** Work items of prompts become rollouts. */
@Controller()
export class RolloutConsumer {
  constructor(private readonly service: RolloutService) {}

  @OnEvent('rollout.requested')
  async requested(
    @Payload() { data, time }: EventOf<'rollout.requested'>,
    @Ctx() { signal }: MessageContext,
  ): Promise<void> {
    await this.service.execute(data, secondsSince(time), signal);
  }
}
