import type { BusDriver } from '../driver';
import type { BusMessage, Delivery } from '../message';

let count = 0;

/** A unique name for a topic or group. */
export function uniqueName(what: string): string {
  count += 1;
  return `${what}-${process.pid}-${count}`;
}

export function message(topic: string, key: string | null, value: string): BusMessage {
  return { topic, key, headers: {}, value: Buffer.from(value) };
}

export function textOf(delivery: Delivery): string {
  return delivery.value?.toString() ?? '';
}

/** Waits until `condition` holds; throws an error with `what` after the timeout. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what: () => string,
  seconds = 15,
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`Not within ${seconds} s: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A promise that a test resolves. */
export class Latch {
  private release: () => void = () => undefined;
  readonly opened = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  open(): void {
    this.release();
  }
}

/** Creates a topic for one test. */
export async function newTopic(driver: BusDriver, partitions = 1): Promise<string> {
  const name = uniqueName('topic');
  await driver.ensureTopics([{ name, partitions }]);
  return name;
}
