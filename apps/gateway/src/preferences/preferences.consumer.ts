import { Controller, Inject } from '@nestjs/common';
import type { EventOf } from '@open-chatgpt/events';
import { OnEvent } from '@open-chatgpt/messaging';
import { LOGGER, type Logger } from '@open-chatgpt/service';
import { PreferencesService } from './preferences.service';

/** Stores preferences that other systems submit as events, like those of the API. */
@Controller()
export class PreferencesConsumer {
  constructor(
    private readonly preferences: PreferencesService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @OnEvent('preference.submitted')
  async submitted({ data, time }: EventOf<'preference.submitted'>): Promise<void> {
    const outcome = await this.preferences.store({ ...data, createdAt: time });
    const { datasetId, preferenceId } = data;
    if (outcome === 'conflict')
      this.logger.warn(
        { datasetId, preferenceId },
        'The preference is ignored: its id belongs to another preference',
      );
  }
}
