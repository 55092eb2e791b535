import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import type { EventOf } from '@open-chatgpt/events';
import { type MessageContext, OnEvent } from '@open-chatgpt/messaging';
import type { ConsumerGroups } from '@open-chatgpt/service';
import { DatasetService } from './dataset.service';

/** Several at once, so that a slow source does not stop the ingestion of all. */
const CONCURRENCY = 4;

export const dataIngestionGroups: ConsumerGroups = {
  'data-ingestion': { types: ['dataset.requested'], concurrency: CONCURRENCY, independentKeys: true },
  // A cancel must not wait behind the ingestion that it stops.
  'data-ingestion-cancel': ['dataset.cancel-requested'],
};

/** Handles requests for datasets. */
@Controller()
export class DatasetConsumer {
  constructor(private readonly service: DatasetService) {}

  @OnEvent('dataset.requested')
  async requested(
    @Payload() { id, data }: EventOf<'dataset.requested'>,
    @Ctx() context: MessageContext,
  ): Promise<void> {
    await this.service.ingest(data, id, context.signal);
  }

  @OnEvent('dataset.cancel-requested')
  cancelRequested({ data }: EventOf<'dataset.cancel-requested'>): Promise<void> {
    return this.service.cancel(data);
  }
}
