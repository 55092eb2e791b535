import type { DeliveryContext, DeliveryHandler } from '../driver';
import type { Delivery, TopicPartition } from '../message';
import { wait } from '../wait';
import type { PauseGate } from './pause-gate';
import type { Slots } from './slots';

/** How long a message waits that its handler threw back. */
const REDELIVERY_MILLISECONDS = 1000;

export interface PartitionWorkerOptions {
  readonly handler: DeliveryHandler;
  readonly slots: Slots;
  readonly gate: PauseGate;
  /** The effect of a message is done: its offset may be committed. */
  readonly done: (delivery: Delivery) => void;
  /** Nothing waits any more: the driver may bring the messages from `next` on. */
  readonly idle: (worker: PartitionWorker) => void;
}

/** Works off the messages of one partition, one after another, apart from whatever fetches them. */
export class PartitionWorker implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  /** The offset after the last message taken; undefined while none was. */
  next: number | undefined;
  private waiting: Delivery[] = [];
  private running = false;
  private work: Promise<void> = Promise.resolve();
  private inHand: Promise<boolean> | undefined;
  /** Resolves when the effects of all that was carried out are done; undefined while none is awaited. */
  private effects: Promise<unknown> | undefined;
  private readonly closing = new AbortController();

  constructor(
    { topic, partition }: TopicPartition,
    private readonly options: PartitionWorkerOptions,
  ) {
    this.topic = topic;
    this.partition = partition;
  }

  /** Whether a handler is at work on a message of this partition, or the effect of one is awaited. */
  get busy(): boolean {
    return this.inHand !== undefined || this.effects !== undefined;
  }

  get oldest(): Delivery | undefined {
    return this.waiting[0];
  }

  /** Nothing before `offset` is wanted. */
  startAt(offset: number): void {
    this.next = Math.max(this.next ?? 0, offset);
    this.waiting = this.waiting.filter((delivery) => delivery.offset >= offset);
  }

  /** Puts messages in line; those taken before are left out. */
  take(deliveries: readonly Delivery[]): void {
    const from = this.next ?? 0;
    for (const delivery of deliveries) {
      if (delivery.offset < from) continue;
      this.waiting.push(delivery);
      this.next = delivery.offset + 1;
    }
    if (!this.running) this.work = this.run();
  }

  /** Whether nothing waits any more; gives it so many milliseconds to come to that. */
  async isThrough(milliseconds: number): Promise<boolean> {
    const through = new AbortController();
    void this.work.then(() => through.abort());
    await wait(milliseconds, through.signal);
    return !this.running;
  }

  /** Drops what waits and tells the handler to finish; resolves when it has. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.inHand;
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.waiting.length > 0 && !this.closing.signal.aborted) await this.workOne();
    this.running = false;
    if (!this.closing.signal.aborted) this.options.idle(this);
  }

  private async workOne(): Promise<void> {
    const { gate, slots, done } = this.options;
    await gate.pass();
    const { signal } = this.closing;
    let giveBack = await slots.take();
    const rest = async (milliseconds: number) => {
      giveBack();
      giveBack = () => undefined;
      await wait(milliseconds, signal);
      if (!signal.aborted) giveBack = await slots.take();
    };
    try {
      const delivery = this.waiting[0];
      if (!gate.open || !delivery || this.closing.signal.aborted) return;
      const effects: Promise<unknown>[] = [];
      const commitAfter = (effect: Promise<unknown>) => void effects.push(effect);
      this.inHand = this.carryOut(delivery, { signal, rest, commitAfter });
      if (!(await this.inHand)) return;
      this.waiting.shift();
      if (effects.length === 0 && !this.effects) done(delivery);
      else this.doneAfter(effects, delivery);
    } finally {
      this.inHand = undefined;
      giveBack();
    }
  }

  /** Tells that `delivery` is done when its effects are, and those of all before it. */
  private doneAfter(effects: Promise<unknown>[], delivery: Delivery): void {
    const all = Promise.all([this.effects, ...effects]);
    this.effects = all;
    const settled = () => {
      // A partition that went to another member is that one's to commit.
      if (!this.closing.signal.aborted) this.options.done(delivery);
      if (this.effects === all) this.effects = undefined;
    };
    all.then(settled, () => undefined);
  }

  /** Whether `delivery` was carried out; false only when the worker was closed before. */
  private async carryOut(delivery: Delivery, context: DeliveryContext): Promise<boolean> {
    for (;;) {
      try {
        await this.options.handler(delivery, context);
        return true;
      } catch {
        await context.rest(REDELIVERY_MILLISECONDS);
        if (context.signal.aborted) return false;
      }
    }
  }
}
