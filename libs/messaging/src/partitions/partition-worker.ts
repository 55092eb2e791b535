import type { SemaphoreInterface } from 'async-mutex';
import type { DeliveryContext, DeliveryHandler } from '../driver';
import type { Delivery, TopicPartition } from '../message';
import { sleep } from '../timing';
import type { PauseGate } from './pause-gate';
import { handleUntilDone, Slot } from './slot';

export interface PartitionWorkerOptions {
  readonly handler: DeliveryHandler;
  /** Limits the handlers that run at once, over all partitions of the member. */
  readonly slots: SemaphoreInterface;
  readonly gate: PauseGate;
  /** Called when a message is handled and its effects are done: its offset may be committed. */
  readonly done: (delivery: Delivery) => void;
  /** Called when the queue is empty: the driver may deliver the messages from `next` on. */
  readonly idle: (worker: PartitionWorker) => void;
}

/** Handles the messages of one partition one after another, independently of the loop that fetches them. */
export class PartitionWorker implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  /** The offset after the last message queued; undefined before the first. */
  next: number | undefined;
  private queue: Delivery[] = [];
  /** How many topics of this name there were: the offsets of an earlier one mean nothing in the next. */
  private topics = 1;
  private running = false;
  private work: Promise<void> = Promise.resolve();
  /** The handler that runs now; resolves with whether it completed its message. */
  private current: Promise<boolean> | undefined;
  /** Resolves when the effects of all handled messages are done; undefined when none is pending. */
  private effects: Promise<unknown> | undefined;
  /** Handled messages whose effects are pending, in order. */
  private readonly pending: Delivery[] = [];
  /** Effects that end before the partition is left. */
  private readonly held = new Set<Promise<void>>();
  private readonly closing = new AbortController();

  constructor(
    { topic, partition }: TopicPartition,
    private readonly options: PartitionWorkerOptions,
  ) {
    this.topic = topic;
    this.partition = partition;
  }

  /** Whether a handler of this partition runs, or an effect is pending. */
  get busy(): boolean {
    return this.current !== undefined || this.effects !== undefined;
  }

  get isIdle(): boolean {
    return this.queue.length === 0;
  }

  /** The oldest message that is not done. */
  get oldest(): Delivery | undefined {
    return this.pending[0] ?? this.queue[0];
  }

  /** Drops all messages before `offset`. */
  startAt(offset: number): void {
    this.next = Math.max(this.next ?? 0, offset);
    this.queue = this.queue.filter((delivery) => delivery.offset >= offset);
  }

  /**
   * The partition begins at `offset` again, because its topic is a new one. The handler that runs finishes; nothing is reported
   * of the messages of before.
   */
  startOver(offset: number): void {
    this.next = offset;
    this.queue = [];
    this.topics += 1;
  }

  /** Queues messages; skips those that were queued before. */
  enqueue(deliveries: readonly Delivery[]): void {
    const from = this.next ?? 0;
    for (const delivery of deliveries) {
      if (delivery.offset < from) continue;
      this.queue.push(delivery);
      this.next = delivery.offset + 1;
    }
    if (!this.running) this.work = this.run();
  }

  /** Waits up to the given time for the queue to become empty. @returns whether it is */
  async drainsWithin(milliseconds: number): Promise<boolean> {
    const drained = new AbortController();
    void this.work.then(() => drained.abort());
    await sleep(milliseconds, drained.signal);
    return !this.running;
  }

  /** Drops the queue and signals the handler to finish; resolves when it has, and the effects that it must not leave behind. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.current;
    await Promise.all(this.held);
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.queue.length > 0 && !this.closing.signal.aborted) await this.handleNext();
    this.running = false;
    if (!this.closing.signal.aborted) this.options.idle(this);
  }

  private async handleNext(): Promise<void> {
    const { gate, slots, done } = this.options;
    await gate.pass();
    const { signal } = this.closing;
    const slot = await Slot.acquire(slots, signal);
    try {
      const delivery = this.queue[0];
      if (!gate.isOpen || !delivery || this.closing.signal.aborted) return;
      const effects: Promise<unknown>[] = [];
      const commitAfter: DeliveryContext['commitAfter'] = (effect, { beforeLeaving = false } = {}) => {
        effects.push(effect);
        if (beforeLeaving) this.hold(effect);
      };
      const context = { signal, backOff: slot.backOff, commitAfter };
      this.current = handleUntilDone(this.options.handler, delivery, context);
      const { topics } = this;
      if (!(await this.current) || this.topics !== topics) return;
      this.queue.shift();
      if (effects.length === 0 && !this.effects) done(delivery);
      else this.doneAfter(effects, delivery);
    } finally {
      this.current = undefined;
      slot.release();
    }
  }

  private hold(effect: Promise<unknown>): void {
    const ended: Promise<void> = effect.catch(() => undefined).then(() => void this.held.delete(ended));
    this.held.add(ended);
  }

  /** Reports `delivery` as done when its effects and those of all earlier messages are done. */
  private doneAfter(effects: Promise<unknown>[], delivery: Delivery): void {
    const all = Promise.all([this.effects, ...effects]);
    this.effects = all;
    this.pending.push(delivery);
    const { topics } = this;
    const settled = () => {
      this.pending.splice(this.pending.indexOf(delivery), 1);
      // After a rebalance only the new owner commits this partition.
      if (!this.closing.signal.aborted && this.topics === topics) this.options.done(delivery);
      if (this.effects === all) this.effects = undefined;
    };
    all.then(settled, () => undefined);
  }
}
