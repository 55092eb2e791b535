export { Bus, type BusOptions, type BusSubscribeOptions } from './bus';
export type { DeadLetter } from './dead-letters/dead-letter';
export { listDeadLetters } from './dead-letters/list-dead-letters';
export { type ReplayCounts, type ReplayOptions, replayDeadLetters } from './dead-letters/replay-dead-letters';
export { settleDeadLetters, summarizeDeadLetters } from './dead-letters/settle';
export type { DeadLetterSummary } from './dead-letters/summarize';
export { watchDeadLetters } from './dead-letters/watch-dead-letters';
export type { MessageContext, MessageHandler, MessageOutcome } from './delivery/create-handler';
export { PermanentError } from './delivery/permanent-error';
export { DEFAULT_RETRY, type RetryPolicy } from './delivery/retry-policy';
export type { Stall } from './delivery/stalls';
export type {
  BusDriver,
  DeliveryContext,
  DeliveryHandler,
  PartitionLag,
  SubscribeOptions,
  Subscription,
  TopicSpec,
} from './driver';
export { EmbeddedDriver, type EmbeddedOptions } from './embedded/embedded-driver';
export { FileInbox, type FileInboxOptions } from './inbox/file-inbox';
export { handleOnce, type Inbox, type Json } from './inbox/inbox';
export { MemoryInbox } from './inbox/memory-inbox';
export { KafkaDriver } from './kafka/kafka-driver';
export type { KafkaOptions } from './kafka/kafka-options';
export type { BusLogger } from './logger';
export type { BusMessage, Delivery, TopicPartition } from './message';
export {
  type BusMetrics,
  type Counter,
  type Gauge,
  type Histogram,
  type Labels,
  METRICS,
  type Sample,
} from './metrics';
export { BusServer, type BusServerOptions } from './nest/bus-server';
export { EventPublisher } from './nest/event-publisher';
export { eventTopics } from './nest/event-topics';
export { type MessagingAsyncOptions, MessagingModule, type MessagingOptions } from './nest/messaging.module';
export { type EventHandler, OnEvent } from './nest/on-event';
