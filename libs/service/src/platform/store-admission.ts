import type { INestApplication } from '@nestjs/common';
import { type Admission, EventPublisher } from '@open-chatgpt/messaging';
import { type ObjectStore, StorageRefusedError } from '@open-chatgpt/storage';
import { LOGGER } from '../injection-tokens';
import type { Logger } from '../logging/logger';
import { OBJECT_STORE } from './platform.module';

/** The groups of a service share a check of this age. */
const CHECK_MS = 5000;

/**
 * A service whose store refuses its key takes no messages: other replicas, with another key, could handle them. A store that
 * is away refuses nobody; then the messages wait. The alert is raised once for each outage.
 */
export function storeAdmission(app: INestApplication, checkMs = CHECK_MS): Admission {
  const store = app.get<ObjectStore>(OBJECT_STORE);
  const logger = app.get<Logger>(LOGGER);
  const events = app.get(EventPublisher);
  let raised = false;
  const check = async () => {
    try {
      await store.check();
    } catch (error) {
      if (error instanceof StorageRefusedError) throw error;
    }
    raised = false;
  };
  let last = { at: Number.NEGATIVE_INFINITY, checked: Promise.resolve() };
  return {
    check() {
      const at = performance.now();
      if (at - last.at >= checkMs) last = { at, checked: check() };
      return last.checked;
    },
    onRefused({ message }) {
      if (raised) return;
      raised = true;
      logger.error({ store: store.url }, `The store refuses this service, which takes no work: ${message}`);
      events
        .publish('alert.raised', {
          name: 'StoreRefusesWorker',
          severity: 'critical',
          message:
            `${events.source} takes no work, because the store refuses it: ${message}`.slice(0, 8000) +
            ' It takes work again when the store grants access; other replicas continue.',
          details: { store: store.url },
        })
        .catch((err: Error) => logger.warn({ err }, 'The alert cannot be published'));
    },
  };
}
