import { Controller } from '@nestjs/common';
import type { EventOf } from '@open-chatgpt/events';
import { OnEvent } from '@open-chatgpt/messaging';
import { ModelsService } from './models.service';

@Controller()
export class ModelsConsumer {
  constructor(private readonly models: ModelsService) {}

  @OnEvent('model.published')
  published(event: EventOf<'model.published'>): Promise<void> {
    return this.models.apply(event);
  }
}
