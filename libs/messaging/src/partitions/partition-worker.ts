import type { SemaphoreInterface } from 'async-mutex';
import type { DeliveryContext, DeliveryHandler } from '../driver';
import type { Delivery, TopicPartition } from '../message';
import { sleep } from '../timing';
import type { PauseGate } from './pause-gate';

/** How long a message waits after its handler rejected it. */
const REDELIVERY_MILLISECONDS = 1000;

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

  get oldest(): Delivery | undefined {
    return this.queue[0];
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

  /** Drops the queue and signals the handler to finish; resolves when it has. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.current;
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
    let [, release] = await slots.acquire();
    const backOff = async (milliseconds: number) => {
      release();
      release = () => undefined;
      await sleep(milliseconds, signal);
      if (!signal.aborted) [, release] = await slots.acquire();
    };
    try {
      const delivery = this.queue[0];
      if (!gate.isOpen || !delivery || this.closing.signal.aborted) return;
      const effects: Promise<unknown>[] = [];
      const commitAfter = (effect: Promise<unknown>) => void effects.push(effect);
      this.current = this.handle(delivery, { signal, backOff, commitAfter });
      const { topics } = this;
      if (!(await this.current) || this.topics !== topics) return;
      this.queue.shift();
      if (effects.length === 0 && !this.effects) done(delivery);
      else this.doneAfter(effects, delivery);
    } finally {
      this.current = undefined;
      release();
    }
  }

  /** Reports `delivery` as done when its effects and those of all earlier messages are done. */
  private doneAfter(effects: Promise<unknown>[], delivery: Delivery): void {
    const all = Promise.all([this.effects, ...effects]);
    this.effects = all;
    const { topics } = this;
    const settled = () => {
      // After a rebalance only the new owner commits this partition.
      if (!this.closing.signal.aborted && this.topics === topics) this.options.done(delivery);
      if (this.effects === all) this.effects = undefined;
    };
    all.then(settled, () => undefined);
  }

  /** Runs the handler until it succeeds. @returns false only when the worker was closed first */
  private async handle(delivery: Delivery, context: DeliveryContext): Promise<boolean> {
    for (;;) {
      try {
        await this.options.handler(delivery, context);
        return true;
      } catch {
        await context.backOff(REDELIVERY_MILLISECONDS);
        if (context.signal.aborted) return false;
      }
    }
  }
}
