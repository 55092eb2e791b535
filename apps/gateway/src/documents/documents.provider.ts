import type { Provider } from '@nestjs/common';
import { EventPublisher } from '@open-chatgpt/messaging';
import { LOGGER, type Logger, MetricsService, OBJECT_STORE } from '@open-chatgpt/service';
import type { ObjectStore } from '@open-chatgpt/storage';
import { Documents } from './documents';

/** The documents of the platform's store. A damaged one is logged, counted, and raises an alert. */
export const documentsProvider: Provider = {
  provide: Documents,
  inject: [OBJECT_STORE, EventPublisher, LOGGER, MetricsService],
  useFactory: (objects: ObjectStore, events: EventPublisher, logger: Logger, metrics: MetricsService) => {
    const found = metrics.counter('gateway_damaged_documents_total', 'damaged documents that were found');
    return new Documents(objects, ({ key, etag, message }) => {
      found.inc();
      logger.error({ key }, `A document of the store is damaged: ${message}`);
      const alert = { name: 'DocumentDamaged', severity: 'critical' as const, message, details: { key } };
      // The same id at every gateway, so that it is one alert.
      events
        .publish('alert.raised', alert, { id: `damaged/${key}/${etag}` })
        .catch((err: Error) => logger.warn({ err, key }, 'The alert cannot be published'));
    });
  },
};
