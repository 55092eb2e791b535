import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import type { EventOf } from '@open-chatgpt/events';
import { type MessageContext, OnEvent } from '@open-chatgpt/messaging';
import { CheckpointsService } from '../models/checkpoints.service';
import { RunJournal } from './run-journal';

/** Stores the events of runs. */
@Controller()
export class RunsConsumer {
  constructor(
    private readonly journal: RunJournal,
    private readonly checkpoints: CheckpointsService,
  ) {}

  @OnEvent('run.requested')
  requested(@Payload() event: EventOf<'run.requested'>, @Ctx() context: MessageContext): Promise<void> {
    return this.journal.record(event, context);
  }

  @OnEvent('run.started')
  started(@Payload() event: EventOf<'run.started'>, @Ctx() context: MessageContext): Promise<void> {
    return this.journal.record(event, context);
  }

  @OnEvent('run.progressed')
  progressed(@Payload() event: EventOf<'run.progressed'>, @Ctx() context: MessageContext): Promise<void> {
    return this.journal.record(event, context);
  }

  @OnEvent('run.checkpointed')
  async checkpointed(
    @Payload() event: EventOf<'run.checkpointed'>,
    @Ctx() context: MessageContext,
  ): Promise<void> {
    await this.checkpoints.apply(event);
    await this.journal.record(event, context);
  }

  @OnEvent('run.completed')
  completed(@Payload() event: EventOf<'run.completed'>, @Ctx() context: MessageContext): Promise<void> {
    return this.journal.record(event, context);
  }

  @OnEvent('run.failed')
  failed(@Payload() event: EventOf<'run.failed'>, @Ctx() context: MessageContext): Promise<void> {
    return this.journal.record(event, context);
  }

  @OnEvent('run.cancelled')
  cancelled(@Payload() event: EventOf<'run.cancelled'>, @Ctx() context: MessageContext): Promise<void> {
    return this.journal.record(event, context);
  }
}
