import { Semaphore } from 'async-mutex';
import type { DeliveryHandler } from '../driver';
import type { Delivery } from '../message';
import { handleUntilDone, Slot } from './slot';

/** Messages of one member that are handled, or wait for a slot or for an earlier one of their key. More stay with the bus. */
const MOST_BEGUN = 100;

/**
 * Lets the messages of a partition pass each other, for work that takes so long that other keys must not wait for it. Those of one
 * key stay in order, and a message is committed when it and all before it in its partition are handled.
 * @param concurrency how many messages are handled at once, over all partitions
 */
export function handleByKey(handler: DeliveryHandler, concurrency: number): DeliveryHandler {
  const slots = new Semaphore(concurrency);
  const lastOfKey = new Map<string, Promise<void>>();
  const begun = new Set<Promise<void>>();

  const handleInSlot: DeliveryHandler = async (delivery, context) => {
    const { signal } = context;
    const slot = await Slot.acquire(slots, signal);
    const effects: Promise<unknown>[] = [];
    const own = {
      signal,
      backOff: slot.backOff,
      commitAfter: (effect: Promise<unknown>) => void effects.push(effect),
    };
    try {
      if (signal.aborted || !(await handleUntilDone(handler, delivery, own)))
        throw new Error('The member left before the message was handled.');
    } finally {
      slot.release();
    }
    await Promise.all(effects);
  };

  return async (delivery, context) => {
    while (begun.size >= MOST_BEGUN) await Promise.race(begun);
    const key = keyOf(delivery);
    const handled = (lastOfKey.get(key) ?? Promise.resolve()).then(() => handleInSlot(delivery, context));
    lastOfKey.set(key, handled);
    const ended: Promise<void> = handled
      .catch(() => undefined)
      .then(() => {
        begun.delete(ended);
        if (lastOfKey.get(key) === handled) lastOfKey.delete(key);
      });
    begun.add(ended);
    context.commitAfter(handled, { beforeLeaving: true });
  };
}

/** Messages without a key have no order. */
const keyOf = ({ topic, partition, offset, key }: Delivery): string =>
  key === null ? `${topic}/${partition}/${offset}` : `${topic}/${partition}:${key}`;
