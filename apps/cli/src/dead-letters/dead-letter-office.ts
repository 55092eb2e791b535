import { TOPICS } from '@open-chatgpt/events';
import type { DeadLetterSummary } from '@open-chatgpt/messaging';
import { asUsage, UsageError } from '../exit-codes';
import { type GatewayOptions, openGateway } from '../gateway/gateway-options';
import { messaging, services } from '../when-needed';

/** Where dead letters are looked at and dealt with. */
export interface DeadLetterOffice {
  /** Oldest first within each topic. */
  list(): Promise<DeadLetterSummary[]>;
  /** @returns how many were dealt with: somebody else may have been faster */
  settle(action: 'replay' | 'discard', ids: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

/**
 * Through a gateway where one is named, else straight at the Kafka of OPEN_CHATGPT_BUS: also when no service is up.
 * @throws UsageError when neither is given
 */
export function openDeadLetterOffice(options: GatewayOptions): DeadLetterOffice {
  if (options.gateway ?? process.env['OPEN_CHATGPT_GATEWAY']) return throughGateway(options);
  const { loadConfig, openDriver, serviceConfigSchema } = services();
  const { settleDeadLetters, summarizeDeadLetters } = messaging();
  const config = asUsage(() => loadConfig(serviceConfigSchema));
  if (config.bus === 'embedded') {
    throw new UsageError(
      'say where the dead letters are: --gateway http://127.0.0.1:3000 for a platform that openchat up started, ' +
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

function throughGateway(options: GatewayOptions): DeadLetterOffice {
  const gateway = openGateway(options);
  return {
    list: () => gateway.deadLetters(),
    settle: (action, ids) => gateway.settleDeadLetters(action, ids),
    close: async () => undefined,
  };
}
