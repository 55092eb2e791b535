import { TOPICS } from '@open-chatgpt/events';
import type { TopicSpec } from '../driver';

/** Every topic of the platform. @param partitions the maximum number of workers that share the work of a topic */
export function eventTopics(partitions: number): TopicSpec[] {
  return TOPICS.map(({ name }) => ({ name, partitions }));
}
