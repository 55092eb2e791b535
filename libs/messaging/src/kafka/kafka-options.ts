import type { KafkaConfig } from 'kafkajs';
import type { BusLogger } from '../logger';

export interface KafkaOptions {
  /** `host:port` of some of the brokers. */
  readonly brokers: readonly string[];
  /** How the broker's logs name this client; "open-chatgpt" by default. */
  readonly clientId?: string;
  readonly ssl?: KafkaConfig['ssl'];
  readonly sasl?: KafkaConfig['sasl'];
  /** A member that is silent for so long is taken for dead and its partitions go to others; 30 s by default. */
  readonly sessionTimeoutMs?: number;
  /** How often a member says that it lives and hears of a rebalance; 3 s by default. */
  readonly heartbeatIntervalMs?: number;
  /** Copies of the topics that `ensureTopics` creates; by default the broker's `default.replication.factor`. */
  readonly replicationFactor?: number;
  readonly logger?: BusLogger;
}
