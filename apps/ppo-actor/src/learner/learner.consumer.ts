import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import type { EventOf } from '@open-chatgpt/events';
import { type MessageContext, OnEvent } from '@open-chatgpt/messaging';
import { LearnerService } from './learner.service';

/** Requests for this stage become work. */
@Controller()
export class LearnerConsumer {
  constructor(private readonly service: LearnerService) {}

  @OnEvent('run.requested')
  async requested(@Payload() event: EventOf<'run.requested'>, @Ctx() context: MessageContext): Promise<void> {
    if (event.data.stage === 'ppo') await this.service.train(event, context.signal);
  }

  @OnEvent('run.cancel-requested')
  cancelRequested(event: EventOf<'run.cancel-requested'>): Promise<void> {
    return this.service.cancel(event);
  }
}
