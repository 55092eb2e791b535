/** A consumer in a process of its own, to be killed: prints what it begins, and never finishes `hang`. */
const { KafkaDriver } = require('@open-chatgpt/messaging');

const [broker, group, topic] = process.argv.slice(2);
const driver = new KafkaDriver({ brokers: [broker], sessionTimeoutMs: 1500, heartbeatIntervalMs: 200 });

async function handler(delivery) {
  console.log(`begun ${delivery.value}`);
  if (String(delivery.value) === 'hang') await new Promise(() => {});
}

driver.subscribe({ group, topics: [topic], handler }).then(() => console.log('joined'));
