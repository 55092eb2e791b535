import { type Failure, toDeadLetter } from '../dead-letters/dead-letter';
import { REPLAY_HEADER } from '../dead-letters/replay-header';
import type { BusDriver, DeliveryContext, DeliveryHandler } from '../driver';
import type { BusLogger } from '../logger';
import type { Delivery } from '../message';
import type { BusMetrics } from '../metrics';
import { classifyFailure } from './failure-kind';
import { delayAfter, type RetryPolicy } from './retry-policy';
import type { StallTracker } from './stall-tracker';
import { traceHandling } from './tracing';

/** Carries out the effect of a message. When it throws, it is tried again, and at last the message is a dead letter. */
export type MessageHandler = (delivery: Delivery, context: MessageContext) => Promise<MessageOutcome>;

/** `unhandled`: nobody here wants messages of this kind; they are counted apart. */
// biome-ignore lint/suspicious/noConfusingVoidType: most handlers are plain async functions that return nothing.
export type MessageOutcome = void | 'unhandled';

export interface MessageContext {
  /** Aborted when the subscription stops or the partition went to another member: finish soon, or throw to give back. */
  readonly signal: AbortSignal;
  /** From 1. */
  readonly attempt: number;
  /** As the driver promises: the message counts as handled once `effect` resolves; the next ones are handled meanwhile. */
  readonly commitAfter: DeliveryContext['commitAfter'];
}

export interface HandlerParts {
  readonly driver: BusDriver;
  readonly group: string;
  readonly handler: MessageHandler;
  readonly retry: RetryPolicy;
  readonly metrics: BusMetrics;
  readonly logger: BusLogger;
  readonly stalls: StallTracker;
}

/**
 * Makes of a handler that may fail one that gets a message out of the way: done, or given up and put into the
 * dead-letter topic. While the infrastructure fails the message waits, for as long as that takes, and its partition with
 * it; no other one. It rejects only when the subscription ends first, or the dead letter cannot be stored.
 */
export function createRetryingHandler(parts: HandlerParts): DeliveryHandler {
  const { group, retry, metrics, logger, stalls } = parts;
  return async (delivery, { signal, rest, commitAfter }) => {
    const { topic, partition, offset, key, headers } = delivery;
    if (headers[REPLAY_HEADER] !== undefined && headers[REPLAY_HEADER] !== group) return;
    const labels = { group, topic };
    const about = { ...labels, partition, offset, key };
    /** Tries after which the message may be to blame. */
    let suspicious = 0;
    for (let attempt = 1; ; attempt += 1) {
      const { failure, outcome } = await tryOnce(parts, delivery, { signal, attempt, commitAfter });
      const kind = failure === undefined ? undefined : classifyFailure(failure);
      if (kind !== 'infrastructure' || signal.aborted) stalls.goesOn(delivery);
      if (kind === undefined) {
        if (outcome !== 'unhandled') return metrics.count('messaging_handled_total', labels);
        metrics.count('messaging_unhandled_total', labels);
        return logger.debug(about, 'No handler wants this message');
      }
      // Given back, not given up: whoever gets the partition next starts with a full number of tries.
      if (signal.aborted) throw failure;
      const error = describe(failure);
      if (kind === 'infrastructure') stalls.waits(delivery, error, attempt >= retry.attempts);
      else suspicious += 1;
      if (kind === 'message' || suspicious >= retry.attempts) {
        const reason = kind === 'message' ? 'invalid' : 'failed';
        await putAside(parts, delivery, { group, reason, error, attempts: attempt });
        return metrics.count('messaging_dead_lettered_total', { ...labels, reason });
      }
      metrics.count('messaging_retried_total', { ...labels, kind });
      logger.warn({ ...about, attempt, kind, error }, 'A handler failed; trying again');
      await rest(delayAfter(attempt, retry));
      if (signal.aborted) {
        stalls.goesOn(delivery);
        throw failure;
      }
    }
  };
}

async function putAside(
  { driver, logger }: HandlerParts,
  delivery: Delivery,
  failure: Failure,
): Promise<void> {
  const { topic, partition, offset, key } = delivery;
  const about = { topic, partition, offset, key, ...failure };
  try {
    await driver.publish([toDeadLetter(delivery, failure)]);
  } catch (cause) {
    logger.error({ ...about, cause: describe(cause) }, 'Cannot store a dead letter; its partition waits');
    throw cause;
  }
  logger.error(about, 'Gave a message up: it is a dead letter now');
}

interface Try {
  readonly failure?: unknown;
  readonly outcome?: MessageOutcome;
}

async function tryOnce(parts: HandlerParts, delivery: Delivery, context: MessageContext): Promise<Try> {
  const { group, handler, metrics } = parts;
  const start = performance.now();
  try {
    return { outcome: await traceHandling(delivery, group, () => handler(delivery, context)) };
  } catch (error) {
    return { failure: error ?? new Error('The handler rejected with nothing.') };
  } finally {
    const seconds = (performance.now() - start) / 1000;
    metrics.observe('messaging_handler_seconds', { group, topic: delivery.topic }, seconds);
  }
}

function describe(failure: unknown): string {
  return failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure);
}
