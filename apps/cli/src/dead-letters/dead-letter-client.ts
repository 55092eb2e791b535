import { TOPICS } from '@open-chatgpt/events';
import type { DeadLetterSummary } from '@open-chatgpt/messaging';
import { asUsage, UsageError } from '../exit-codes';
import { type GatewayOptions, openGateway } from '../gateway/gateway-options';
import { messaging, services } from '../lazy-imports';

/** Reads and settles dead letters. */
export interface DeadLetterClient {
  /** Oldest first within each topic. */
  list(): Promise<DeadLetterSummary[]>;
  /** @returns the number of settled letters; another client may have settled some of them */
  settle(action: 'replay' | 'discard', ids: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

/**
 * Connects through the gateway if one is given, else directly to the Kafka of OPEN_CHATGPT_BUS, which works without any service.
 * @throws UsageError when neither is given
 */
export function openDeadLetterClient(options: GatewayOptions): DeadLetterClient {
  if (options.gateway ?? process.env['OPEN_CHATGPT_GATEWAY']) return throughGateway(options);
  const { loadConfig, openDriver, serviceConfigSchema } = services();
  const { settleDeadLetters, summarizeDeadLetters } = messaging();
  const config = asUsage(() => loadConfig(serviceConfigSchema));
  if (config.bus === 'embedded') {
    throw new UsageError(
      'no platform is given: use --gateway http://127.0.0.1:3000 for a platform of openchat up, ' +
        'or OPEN_CHATGPT_BUS=kafka://host:port',
    );
  }
  const driver = openDriver('openchat-dlq', config);
  const topics = TOPICS.map(({ name }) => name);
  return {
    list: () => summarizeDeadLetters(driver, topics),
    settle: async (action, ids) => {
      const { replayed, discarded } = await settleDeadLetters(driver, topics, ids, action);
      return replayed + discarded;
    },
    close: () => driver.close(),
  };
}

function throughGateway(options: GatewayOptions): DeadLetterClient {
  const gateway = openGateway(options);
  return {
    list: () => gateway.deadLetters(),
    settle: (action, ids) => gateway.settleDeadLetters(action, ids),
    close: async () => undefined,
  };
}
