import { existsSync, readFileSync } from 'node:fs';
import {
  type BusDriver,
  type BusLogger,
  EmbeddedDriver,
  KafkaDriver,
  type KafkaOptions,
} from '@open-chatgpt/messaging';
import type { ServiceConfig } from '../config/service-config';

/**
 * The bus of the configuration. Sends nothing yet.
 * @param name the name of this client in the broker's logs
 * @param logger gets a line for each interruption
 * @throws Error when the fields of the configuration do not fit together, or the file of the authority cannot be read
 */
export function openDriver(name: string, config: ServiceConfig, logger?: BusLogger): BusDriver {
  const { bus, kafkaSessionTimeoutSeconds } = config;
  if (bus === 'embedded') return new EmbeddedDriver();
  const sessionTimeoutMs = kafkaSessionTimeoutSeconds * 1000;
  return new KafkaDriver({
    brokers: bus.slice('kafka://'.length).split(','),
    clientId: name,
    sessionTimeoutMs,
    // Some heartbeats may be lost before the session times out.
    heartbeatIntervalMs: Math.min(3000, sessionTimeoutMs / 4),
    ...kafkaAccess(config),
    logger,
  });
}

/** How the client encrypts its connections and signs in. */
function kafkaAccess(config: ServiceConfig): Partial<KafkaOptions> {
  const { kafkaTls, kafkaCa, kafkaSaslMechanism: mechanism, kafkaUsername, kafkaPassword } = config;
  if (kafkaCa !== undefined && !kafkaTls)
    throw new Error('OPEN_CHATGPT_KAFKA_CA is set, and OPEN_CHATGPT_KAFKA_TLS is not true: set both');
  if ((kafkaUsername === undefined) !== (kafkaPassword === undefined))
    throw new Error('set both OPEN_CHATGPT_KAFKA_USERNAME and OPEN_CHATGPT_KAFKA_PASSWORD, or neither');
  return {
    ...(kafkaTls && { ssl: kafkaCa === undefined ? true : { ca: [authority(kafkaCa)] } }),
    ...(kafkaUsername !== undefined && {
      // The three mechanisms have the same fields; the type of kafkajs wants to know which one it is.
      sasl: { mechanism, username: kafkaUsername, password: kafkaPassword! } as KafkaOptions['sasl'],
    }),
  };
}

function authority(ca: string): string {
  if (ca.includes('-----BEGIN')) return ca;
  if (!existsSync(ca))
    throw new Error(`OPEN_CHATGPT_KAFKA_CA: ${ca} is neither a file nor a certificate in PEM format`);
  return readFileSync(ca, 'utf8');
}
