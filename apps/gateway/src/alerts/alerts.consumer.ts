import { Controller } from '@nestjs/common';
import type { EventOf } from '@open-chatgpt/events';
import { OnEvent } from '@open-chatgpt/messaging';
import { AlertsService } from './alerts.service';

@Controller()
export class AlertsConsumer {
  constructor(private readonly alerts: AlertsService) {}

  @OnEvent('alert.raised')
  raised(event: EventOf<'alert.raised'>): Promise<void> {
    return this.alerts.apply(event);
  }
}
