import { Controller } from '@nestjs/common';
import type { EventOf } from '@open-chatgpt/events';
import { OnEvent } from '@open-chatgpt/messaging';
import { ValueService } from './value.service';

/** Requests of a run's learner become updates of its value model. */
@Controller()
export class ValueConsumer {
  constructor(private readonly service: ValueService) {}

  @OnEvent('value.update-requested')
  async requested({ data }: EventOf<'value.update-requested'>): Promise<void> {
    await this.service.update(data);
  }
}
