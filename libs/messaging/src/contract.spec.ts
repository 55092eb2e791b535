import { kafkaIsMissing, startKafka } from '../../../tools/kafka/broker.cjs';
import { Bus } from './bus';
import type { BusDriver } from './driver';
import { EmbeddedDriver } from './embedded/embedded-driver';
import { KafkaDriver } from './kafka/kafka-driver';
import { controlContract } from './testing/contract/control';
import { deadLetterContract } from './testing/contract/dead-letters';
import { type Connected, type Given, SESSION_MILLISECONDS, type Store } from './testing/contract/given';
import { groupContract } from './testing/contract/groups';
import { orderContract } from './testing/contract/order';

const stores: Record<string, () => Promise<Store>> = {
  embedded: async () => {
    const driver = new EmbeddedDriver();
    return { connect: () => driver, close: () => driver.close() };
  },
  kafka: async () => {
    const broker = await startKafka();
    const { brokers } = broker;
    const drivers: BusDriver[] = [];
    const connect = () => {
      const driver = new KafkaDriver({
        brokers,
        sessionTimeoutMs: SESSION_MILLISECONDS,
        heartbeatIntervalMs: 200,
      });
      drivers.push(driver);
      return driver;
    };
    const close = async () => {
      await Promise.all(drivers.map((driver) => driver.close()));
      await broker.close();
    };
    return { connect, close };
  },
};

describe.each(Object.keys(stores))('the %s driver', (name) => {
  let store: Store | undefined;
  let connected: Connected | undefined;

  beforeAll(async () => {
    if (name === 'kafka' && !process.env['CI']) {
      const missing = await kafkaIsMissing();
      if (missing) return console.warn(`Not tested against a real Kafka broker: ${missing}`);
    }
    store = await stores[name]();
    const { connect } = store;
    const driver = connect();
    const retry = { attempts: 3, firstDelayMs: 5, maxDelayMs: 20 };
    connected = { connect, driver, bus: new Bus({ driver, retry }) };
  }, 120_000);

  afterAll(() => store?.close(), 60_000);

  const promise: Given = (what, check) =>
    it(what, async () => {
      if (connected) await check(connected);
    });

  orderContract(promise);
  deadLetterContract(promise);
  groupContract(promise);
  controlContract(promise);
});
