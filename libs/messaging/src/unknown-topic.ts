/** Somebody deleted it, or never made it: no message is to blame. */
export function unknownTopic(topic: string): Error {
  const error = new Error(
    `Topic "${topic}" does not exist. Create it first: ensureTopics([{ name: '${topic}' }]), or with your broker's tools.`,
  );
  return Object.assign(error, { infrastructure: true });
}
