import type { KafkaConfig } from 'kafkajs';
import type { BusLogger } from '../logger';

export interface KafkaOptions {
  /** `host:port` of at least one broker. */
  readonly brokers: readonly string[];
  /** The name of this client in the broker's logs; "open-chatgpt" by default. */
  readonly clientId?: string;
  readonly ssl?: KafkaConfig['ssl'];
  readonly sasl?: KafkaConfig['sasl'];
  /** After this time without a heartbeat a member counts as dead, and others get its partitions; 30 s by default. */
  readonly sessionTimeoutMs?: number;
  /** How often a member sends a heartbeat, whose reply announces a rebalance; 3 s by default. */
  readonly heartbeatIntervalMs?: number;
  /** Replicas of the topics that `ensureTopics` creates; by default the broker's `default.replication.factor`. */
  readonly replicationFactor?: number;
  readonly logger?: BusLogger;
}
