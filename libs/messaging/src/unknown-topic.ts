export function unknownTopic(topic: string): Error {
  return new Error(
    `Topic "${topic}" does not exist. Create it first: ensureTopics([{ name: '${topic}' }]), or with your broker's tools.`,
  );
}
