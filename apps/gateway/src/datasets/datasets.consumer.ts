import { Controller } from '@nestjs/common';
import type { EventOf } from '@open-chatgpt/events';
import { OnEvent } from '@open-chatgpt/messaging';
import { DatasetsService } from './datasets.service';

/** What is told of datasets, by whomever they were asked for. */
@Controller()
export class DatasetsConsumer {
  constructor(private readonly datasets: DatasetsService) {}

  @OnEvent('dataset.requested')
  requested(event: EventOf<'dataset.requested'>): Promise<void> {
    return this.datasets.learn(event);
  }

  @OnEvent('dataset.ready')
  ready(event: EventOf<'dataset.ready'>): Promise<void> {
    return this.datasets.learn(event);
  }

  @OnEvent('dataset.failed')
  failed(event: EventOf<'dataset.failed'>): Promise<void> {
    return this.datasets.learn(event);
  }
}
