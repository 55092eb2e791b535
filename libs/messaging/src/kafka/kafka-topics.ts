import type { TopicSpec } from '../driver';
import type { BusLogger } from '../logger';
import { unknownTopic } from '../unknown-topic';
import type { KafkaAdmin } from './kafka-admin';

/** The topics that this process uses. It creates those of `ensure`, also after they were deleted. */
export class KafkaTopics {
  private readonly specs = new Map<string, TopicSpec>();
  private readonly known = new Set<string>();

  constructor(
    private readonly admin: KafkaAdmin,
    private readonly logger: BusLogger,
  ) {}

  /** Creates the topics that do not exist. */
  async ensure(topics: readonly TopicSpec[]): Promise<void> {
    await this.admin.createTopics(topics);
    for (const topic of topics) this.specs.set(topic.name, topic);
  }

  /** @throws Error for a topic that does not exist and was never ensured, because kafkajs would retry without end */
  async mustExist(topics: readonly string[]): Promise<void> {
    const unchecked = topics.filter((topic) => !this.known.has(topic));
    if (unchecked.length === 0) return;
    const missing = await this.admin.missing(unchecked);
    const unknown = missing.find((topic) => !this.specs.has(topic));
    if (unknown !== undefined) throw unknownTopic(unknown);
    await this.createAgain(missing);
    for (const topic of topics) this.known.add(topic);
  }

  /** @throws Error that names the ensured topics that do not exist now */
  async check(): Promise<void> {
    const missing = await this.admin.missing([...this.specs.keys()]);
    if (missing.length > 0)
      throw new Error(
        `Kafka has no topic ${missing.join(', ')}. Every service creates a deleted topic again within seconds, ` +
          'if its user has the right to.',
      );
  }

  /** Forgets the topics that were deleted, and creates the ensured ones again. */
  async restore(): Promise<void> {
    const missing = await this.admin.missing([...new Set([...this.specs.keys(), ...this.known])]);
    for (const topic of missing) this.known.delete(topic);
    await this.createAgain(missing.filter((topic) => this.specs.has(topic)));
  }

  private async createAgain(missing: readonly string[]): Promise<void> {
    if (missing.length === 0) return;
    this.logger.error({ topics: missing }, 'Topics were deleted; creating them again');
    await this.admin.createTopics(missing.map((topic) => this.specs.get(topic)!));
  }
}
