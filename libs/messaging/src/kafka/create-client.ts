import { Kafka, type logCreator, logLevel } from 'kafkajs';
import { type BusLogger, silentLogger } from '../logger';
import type { KafkaOptions } from './kafka-options';

/** @param failed called with each error that the client meets, also those from which it recovers */
export function createClient(
  { brokers, clientId, ssl, sasl, logger = silentLogger }: KafkaOptions,
  failed: (error: string) => void,
): Kafka {
  if (brokers.length === 0) throw new Error('Kafka: brokers is empty; name at least one as host:port.');
  return new Kafka({
    clientId: clientId ?? 'open-chatgpt',
    brokers: [...brokers],
    ssl,
    sasl,
    connectionTimeout: 3000,
    // Short delays, because most interruptions are short. The callers of the client retry after longer outages.
    retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 8 },
    logLevel: logLevel.WARN,
    logCreator: forwardTo(logger, failed),
  });
}

/** Most errors that kafkajs logs are interruptions from which it recovers, so they are logged as warnings. */
function forwardTo(logger: BusLogger, failed: (error: string) => void): logCreator {
  return () =>
    ({ namespace, log: { message, error, broker, groupId } }) => {
      failed(error ?? message);
      logger.warn({ kafka: namespace, error, broker, groupId }, `Kafka's client: ${message}`);
    };
}
