import { type Failure, toDeadLetter } from '../dead-letters/dead-letter';
import { REPLAY_HEADER } from '../dead-letters/replay-header';
import type { BusDriver, DeliveryContext, DeliveryHandler } from '../driver';
import type { BusLogger } from '../logger';
import type { Delivery, TopicPartition } from '../message';
import type { BusMetrics } from '../metrics';
import { classifyFailure } from './failure-kind';
import { delayAfter, type RetryPolicy } from './retry-policy';
import type { StallTracker } from './stall-tracker';
import { traceHandling } from './tracing';

/** Handles a message. When it throws, it is retried; after the last attempt the message becomes a dead letter. */
export type MessageHandler = (delivery: Delivery, context: MessageContext) => Promise<MessageOutcome>;

/** `unhandled`: the group has no handler for messages of this kind; they are counted separately. */
// biome-ignore lint/suspicious/noConfusingVoidType: most handlers are plain async functions that return nothing.
export type MessageOutcome = void | 'unhandled';

export interface MessageContext {
  /** Aborted when the subscription stops or loses the partition: finish soon, or throw to give the message back. */
  readonly signal: AbortSignal;
  /** From 1. */
  readonly attempt: number;
  /** Where the message lies on the bus. */
  readonly position: TopicPartition & { readonly offset: number };
  /** As in `DeliveryContext`: the message is committed once `effect` resolves; the next ones are handled meanwhile. */
  readonly commitAfter: DeliveryContext['commitAfter'];
}

export interface HandlerOptions {
  readonly driver: BusDriver;
  readonly group: string;
  readonly handler: MessageHandler;
  readonly retry: RetryPolicy;
  readonly metrics: BusMetrics;
  readonly logger: BusLogger;
  readonly stalls: StallTracker;
}

/**
 * Wraps a handler that may fail into one that disposes of every message: it is handled, or moved to the dead-letter
 * queue. While the infrastructure fails, the message and its partition wait without a time limit; other partitions
 * continue. It rejects only when the subscription ends first, or the dead letter cannot be stored.
 */
export function createRetryingHandler(options: HandlerOptions): DeliveryHandler {
  const { group, retry, metrics, logger, stalls } = options;
  return async (delivery, { signal, backOff, commitAfter }) => {
    const { topic, partition, offset, key, headers } = delivery;
    if (headers[REPLAY_HEADER] !== undefined && headers[REPLAY_HEADER] !== group) return;
    const labels = { group, topic };
    const fields = { ...labels, partition, offset, key };
    /** Failed attempts of which the message may be the cause. */
    let failures = 0;
    for (let attempt = 1; ; attempt += 1) {
      const { failure, outcome } = await tryOnce(options, delivery, {
        signal,
        attempt,
        position: { topic, partition, offset },
        commitAfter,
      });
      const kind = failure === undefined ? undefined : classifyFailure(failure);
      if (kind !== 'infrastructure' || signal.aborted) stalls.unblocked(delivery);
      if (kind === undefined) {
        if (outcome !== 'unhandled') return metrics.count('messaging_handled_total', labels);
        metrics.count('messaging_unhandled_total', labels);
        return logger.debug(fields, 'The group has no handler for this message');
      }
      // The message is given back: the next owner of the partition starts with all attempts.
      if (signal.aborted) throw failure;
      const error = describe(failure);
      if (kind === 'infrastructure') stalls.blocked(delivery, error, attempt >= retry.attempts);
      else failures += 1;
      if (kind === 'message' || failures >= retry.attempts) {
        const reason = kind === 'message' ? 'invalid' : 'failed';
        await moveToDeadLetters(options, delivery, { group, reason, error, attempts: attempt });
        return metrics.count('messaging_dead_lettered_total', { ...labels, reason });
      }
      metrics.count('messaging_retried_total', { ...labels, kind });
      logger.warn({ ...fields, attempt, kind, error }, 'A handler fails; it is retried');
      await backOff(delayAfter(attempt, retry));
      if (signal.aborted) {
        stalls.unblocked(delivery);
        throw failure;
      }
    }
  };
}

async function moveToDeadLetters(
  { driver, logger }: HandlerOptions,
  delivery: Delivery,
  failure: Failure,
): Promise<void> {
  const { topic, partition, offset, key } = delivery;
  const fields = { topic, partition, offset, key, ...failure };
  try {
    await driver.publish([toDeadLetter(delivery, failure)]);
  } catch (cause) {
    logger.error({ ...fields, cause: describe(cause) }, 'Cannot store a dead letter; its partition waits');
    throw cause;
  }
  logger.error(fields, 'A message is moved to the dead-letter queue');
}

interface Attempt {
  readonly failure?: unknown;
  readonly outcome?: MessageOutcome;
}

async function tryOnce(
  options: HandlerOptions,
  delivery: Delivery,
  context: MessageContext,
): Promise<Attempt> {
  const { group, handler, metrics } = options;
  const start = performance.now();
  try {
    return { outcome: await traceHandling(delivery, group, () => handler(delivery, context)) };
  } catch (error) {
    return { failure: error ?? new Error('The handler rejected without an error.') };
  } finally {
    const seconds = (performance.now() - start) / 1000;
    metrics.observe('messaging_handler_seconds', { group, topic: delivery.topic }, seconds);
  }
}

function describe(failure: unknown): string {
  return failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure);
}
