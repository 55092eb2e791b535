import type { BusDriver } from '@open-chatgpt/messaging';

/** The driver as one of several services in a process has it: leaving it, the service does not close it for the others. */
export function shareDriver(driver: BusDriver): BusDriver {
  return {
    publish: (messages) => driver.publish(messages),
    subscribe: (options) => driver.subscribe(options),
    ensureTopics: (topics) => driver.ensureTopics(topics),
    lag: (group, topics) => driver.lag(group, topics),
    read: (topic) => driver.read(topic),
    check: () => driver.check(),
    close: async () => undefined,
  };
}
