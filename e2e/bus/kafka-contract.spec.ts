import { type BusDriver, KafkaDriver } from '@open-chatgpt/messaging';
import { SESSION_MILLISECONDS, testDriver } from '@open-chatgpt/messaging/testing';
import { startKafka } from '@open-chatgpt/tools/kafka/broker.cjs';

testDriver('the Kafka driver', async () => {
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
});
