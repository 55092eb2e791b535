/** The topic was deleted or never created. That is an infrastructure failure: the message is not the cause. */
export function unknownTopic(topic: string): Error {
  const error = new Error(
    `Topic "${topic}" does not exist. Create it first: ensureTopics([{ name: '${topic}' }]), or with your broker's tools.`,
  );
  return Object.assign(error, { infrastructure: true });
}
