import { Controller, Inject } from '@nestjs/common';
import type { EventOf } from '@open-chatgpt/events';
import { OnEvent } from '@open-chatgpt/messaging';
import { LOGGER, type Logger } from '@open-chatgpt/service';
import { PreferencesService } from './preferences.service';

/** Preferences that other systems tell of by event are kept like those that come in here. */
@Controller()
export class PreferencesConsumer {
  constructor(
    private readonly preferences: PreferencesService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @OnEvent('preference.submitted')
  async submitted({ data, time }: EventOf<'preference.submitted'>): Promise<void> {
    const outcome = await this.preferences.keep({ ...data, createdAt: time });
    const { datasetId, preferenceId } = data;
    if (outcome === 'conflict')
      this.logger.warn({ datasetId, preferenceId }, 'a preference of an id that is taken was left out');
  }
}
