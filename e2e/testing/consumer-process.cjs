/** A consumer process to be killed. It prints each message that it starts to handle, and never finishes `hang`. */
const { KafkaDriver } = require('@open-chatgpt/messaging');

const [broker, group, topic] = process.argv.slice(2);
const driver = new KafkaDriver({ brokers: [broker], sessionTimeoutMs: 1500, heartbeatIntervalMs: 200 });

async function handler(delivery) {
  console.log(`begun ${delivery.value}`);
  if (String(delivery.value) === 'hang') await new Promise(() => {});
}

driver.subscribe({ group, topics: [topic], handler }).then(() => console.log('joined'));
