import { Controller } from '@nestjs/common';
import type { EventOf } from '@open-chatgpt/events';
import { OnEvent } from '@open-chatgpt/messaging';
import { AlarmsService } from './alarms.service';

@Controller()
export class AlarmsConsumer {
  constructor(private readonly alarms: AlarmsService) {}

  @OnEvent('alarm.raised')
  raised(event: EventOf<'alarm.raised'>): Promise<void> {
    return this.alarms.learn(event);
  }
}
