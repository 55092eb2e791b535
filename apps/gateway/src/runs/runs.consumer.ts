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
  requested(event: EventOf<'run.requested'>): Promise<void> {
    return this.journal.record(event);
  }

  @OnEvent('run.started')
  started(event: EventOf<'run.started'>): Promise<void> {
    return this.journal.record(event);
  }

  @OnEvent('run.progressed')
  progressed(@Payload() event: EventOf<'run.progressed'>, @Ctx() context: MessageContext): Promise<void> {
    return this.journal.record(event, context);
  }

  @OnEvent('run.checkpointed')
  async checkpointed(event: EventOf<'run.checkpointed'>): Promise<void> {
    await this.checkpoints.apply(event);
    await this.journal.record(event);
  }

  @OnEvent('run.completed')
  completed(event: EventOf<'run.completed'>): Promise<void> {
    return this.journal.record(event);
  }

  @OnEvent('run.failed')
  failed(event: EventOf<'run.failed'>): Promise<void> {
    return this.journal.record(event);
  }

  @OnEvent('run.cancelled')
  cancelled(event: EventOf<'run.cancelled'>): Promise<void> {
    return this.journal.record(event);
  }
}
