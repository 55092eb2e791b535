import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import type { EventOf } from '@open-chatgpt/events';
import { type MessageContext, OnEvent } from '@open-chatgpt/messaging';
import { shareService } from '@open-chatgpt/pipeline';
import { LOGGER, type Logger } from '@open-chatgpt/service';
import { StageWorker } from './stage-worker';

/** Turns requests for runs into work. */
@Controller()
export class TrainerConsumer {
  constructor(
    private readonly worker: StageWorker,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @OnEvent('run.requested')
  async requested(
    @Payload() { data }: EventOf<'run.requested'>,
    @Ctx() context: MessageContext,
  ): Promise<void> {
    if (!shareService(data.algorithm, this.worker.algorithm)) return;
    const { runId, stage, algorithm } = data;
    this.logger.info({ runId, stage, algorithm, attempt: context.attempt }, 'A request for a run is handled');
    await this.worker.execute(data, context.signal);
  }

  @OnEvent('run.cancel-requested')
  async cancelRequested({ data }: EventOf<'run.cancel-requested'>): Promise<void> {
    if (shareService(data.algorithm, this.worker.algorithm)) await this.worker.cancel(data);
  }
}
