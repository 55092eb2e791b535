import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import type { EventOf } from '@open-chatgpt/events';
import { type MessageContext, OnEvent } from '@open-chatgpt/messaging';
import { secondsSince } from '@open-chatgpt/ppo-exchange';
import { ScoringService } from './scoring.service';

/** Rollouts become experience. */
@Controller()
export class ScoringConsumer {
  constructor(private readonly service: ScoringService) {}

  @OnEvent('rollout.generated')
  async generated(
    @Payload() { data, time }: EventOf<'rollout.generated'>,
    @Ctx() { signal }: MessageContext,
  ): Promise<void> {
    await this.service.execute(data, secondsSince(time), signal);
  }
}
