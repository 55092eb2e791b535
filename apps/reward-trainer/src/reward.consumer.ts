import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import type { EventOf } from '@open-chatgpt/events';
import { type MessageContext, OnEvent } from '@open-chatgpt/messaging';
import type { ConsumerGroups } from '@open-chatgpt/service';
import { RewardService } from './reward.service';

/**
 * A request to stop must not wait behind the work that it is to stop: it has a group of its own. Any replica may hear it:
 * it writes it into the store, where the one at work looks, and so does one that takes the run up later.
 */
export const rewardGroups: ConsumerGroups = {
  'reward-trainer': ['run.requested'],
  'reward-trainer-cancel': ['run.cancel-requested'],
};

/** Requests for this stage become work. */
@Controller()
export class RewardConsumer {
  constructor(private readonly service: RewardService) {}

  @OnEvent('run.requested')
  async requested(@Payload() event: EventOf<'run.requested'>, @Ctx() context: MessageContext): Promise<void> {
    if (event.data.stage === 'reward') await this.service.train(event, context.signal);
  }

  @OnEvent('run.cancel-requested')
  cancelRequested(event: EventOf<'run.cancel-requested'>): Promise<void> {
    return this.service.cancel(event);
  }
}
