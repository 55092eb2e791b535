import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import type { EventOf } from '@open-chatgpt/events';
import { type MessageContext, OnEvent } from '@open-chatgpt/messaging';
import type { ConsumerGroups } from '@open-chatgpt/service';
import { PpoService } from './ppo.service';

/** A request to stop must not wait behind the work that it is to stop: it has a group of its own. */
export const ppoGroups: ConsumerGroups = {
  'ppo-actor': ['run.requested'],
  'ppo-actor-cancel': ['run.cancel-requested'],
};

/** Requests for this stage become work. */
@Controller()
export class PpoConsumer {
  constructor(private readonly service: PpoService) {}

  @OnEvent('run.requested')
  async requested(
    @Payload() { data }: EventOf<'run.requested'>,
    @Ctx() context: MessageContext,
  ): Promise<void> {
    if (data.stage === 'ppo') await this.service.train(data, context.signal);
  }

  @OnEvent('run.cancel-requested')
  async cancelRequested({ data }: EventOf<'run.cancel-requested'>): Promise<void> {
    this.service.cancel(data.runId);
  }
}
