import { hostname } from 'node:os';
import { Controller } from '@nestjs/common';
import type { EventOf } from '@open-chatgpt/events';
import { OnEvent } from '@open-chatgpt/messaging';
import type { ConsumerGroups } from '@open-chatgpt/service';
import { ModelsService } from './models.service';

/** Every replica needs every event, so each has its own consumer group. */
export function inferenceGroups(): ConsumerGroups {
  return { [`inference-${hostname()}-${process.pid}`]: ['model.published'] };
}

@Controller()
export class ModelsConsumer {
  constructor(private readonly models: ModelsService) {}

  @OnEvent('model.published')
  async published({ data }: EventOf<'model.published'>): Promise<void> {
    await this.models.apply(data);
  }
}
