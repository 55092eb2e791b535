import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import type { EventOf } from '@open-chatgpt/events';
import { type MessageContext, OnEvent } from '@open-chatgpt/messaging';
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
    await this.service.score(data, Math.max(0, Date.now() - Date.parse(time)) / 1000, signal);
  }
}
