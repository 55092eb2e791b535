import { Controller } from '@nestjs/common';
import type { EventOf } from '@open-chatgpt/events';
import { OnEvent } from '@open-chatgpt/messaging';
import { DatasetsService } from './datasets.service';

/** Applies the events of all datasets, also of those that other systems request. */
@Controller()
export class DatasetsConsumer {
  constructor(private readonly datasets: DatasetsService) {}

  @OnEvent('dataset.requested')
  requested(event: EventOf<'dataset.requested'>): Promise<void> {
    return this.datasets.apply(event);
  }

  @OnEvent('dataset.ready')
  ready(event: EventOf<'dataset.ready'>): Promise<void> {
    return this.datasets.apply(event);
  }

  @OnEvent('dataset.failed')
  failed(event: EventOf<'dataset.failed'>): Promise<void> {
    return this.datasets.apply(event);
  }
}
