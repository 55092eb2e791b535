import type { SemaphoreInterface } from 'async-mutex';
import type { DeliveryContext, DeliveryHandler } from '../driver';
import type { Delivery } from '../message';
import { sleep } from '../timing';

/** How long a message waits after its handler rejected it. */
const REDELIVERY_MILLISECONDS = 1000;

/** A place among the handlers that run at once. */
export class Slot {
  private constructor(
    private readonly slots: SemaphoreInterface,
    private readonly signal: AbortSignal,
    private leave: () => void,
  ) {}

  static async acquire(slots: SemaphoreInterface, signal: AbortSignal): Promise<Slot> {
    const [, leave] = await slots.acquire();
    return new Slot(slots, signal, leave);
  }

  /** As in `DeliveryContext`. */
  readonly backOff = async (milliseconds: number): Promise<void> => {
    this.release();
    await sleep(milliseconds, this.signal);
    if (!this.signal.aborted) [, this.leave] = await this.slots.acquire();
  };

  release(): void {
    this.leave();
    this.leave = () => undefined;
  }
}

/** Runs the handler until it succeeds. @returns false only when the member left first */
export async function handleUntilDone(
  handler: DeliveryHandler,
  delivery: Delivery,
  context: DeliveryContext,
): Promise<boolean> {
  for (;;) {
    try {
      await handler(delivery, context);
      return true;
    } catch {
      await context.backOff(REDELIVERY_MILLISECONDS);
      if (context.signal.aborted) return false;
    }
  }
}
