import { Controller } from '@nestjs/common';
import type { EventOf } from '@open-chatgpt/events';
import { OnEvent } from '@open-chatgpt/messaging';
import { ScoringService } from './scoring.service';

/** Rollouts become experience. */
@Controller()
export class ScoringConsumer {
  constructor(private readonly service: ScoringService) {}

  @OnEvent('rollout.generated')
  async generated({ data, time }: EventOf<'rollout.generated'>): Promise<void> {
    await this.service.score(data, Math.max(0, Date.now() - Date.parse(time)) / 1000);
  }
}
