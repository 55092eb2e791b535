/** Keeps events in a file inbox as fast as it can, and prints each that it was told is safe; to be killed. */
const { FileInbox } = require('@open-chatgpt/messaging');

async function main() {
  const inbox = await FileInbox.open(process.argv[2], { limit: 1_000_000 });
  for (let at = 0; ; at += 1) {
    await inbox.keep(`event-${at}`, { at });
    process.stdout.write(`${at}\n`);
  }
}

main();
