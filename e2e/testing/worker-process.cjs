/**
 * A worker process to be killed. Arguments: folder of the store, folder of the machine, the request as
 * JSON. Prints each event that it publishes, one a line.
 */
const { openObjectStore } = require('@open-chatgpt/storage');
const { Machine } = require('@open-chatgpt/worker/testing');

const [store, folder, request] = process.argv.slice(2);
const machine = new Machine(folder, openObjectStore(store), 'process');
machine.onPublish = (event) => {
  process.stdout.write(`${JSON.stringify(event)}\n`);
};
machine.execute(JSON.parse(request)).then(() => process.exit(0));
