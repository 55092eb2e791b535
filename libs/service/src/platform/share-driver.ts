import type { BusDriver } from '@open-chatgpt/messaging';

/** A view of a driver for one of several services in a process. Closing the view does not close the driver. */
export function shareDriver(driver: BusDriver): BusDriver {
  return {
    durable: driver.durable,
    publish: (messages) => driver.publish(messages),
    subscribe: (options) => driver.subscribe(options),
    ensureTopics: (topics) => driver.ensureTopics(topics),
    lag: (group, topics) => driver.lag(group, topics),
    hasMembers: (group) => driver.hasMembers(group),
    read: (topic) => driver.read(topic),
    check: () => driver.check(),
    close: async () => undefined,
  };
}
