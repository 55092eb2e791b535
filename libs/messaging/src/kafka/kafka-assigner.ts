import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';
import type { TopicPartition } from '../message';
import { assignPartitions, type GroupMember } from '../partitions/assign-partitions';

const { MemberAssignment, MemberMetadata } = AssignerProtocol;
const NAME = 'open-chatgpt-keep-claims';

/**
 * Distributes a group's partitions by `assignPartitions`. Each member sends its claims with its join request.
 * @param joining called for each join request; returns the partitions whose messages this member is handling
 */
export function createAssigner(joining: () => readonly TopicPartition[]): PartitionAssigner {
  return ({ cluster }) => ({
    name: NAME,
    version: 0,
    protocol: ({ topics }) => ({
      name: NAME,
      metadata: MemberMetadata.encode({
        version: 0,
        topics,
        userData: Buffer.from(JSON.stringify(joining().map(({ topic, partition }) => [topic, partition]))),
      }),
    }),
    assign: async ({ members, topics }) => {
      const partitions = topics.flatMap((topic) =>
        cluster
          .findTopicPartitionMetadata(topic)
          .map(({ partitionId: partition }) => ({ topic, partition }))
          .sort((a, b) => a.partition - b.partition),
      );
      const shares = assignPartitions(
        members.map(({ memberId, memberMetadata }) => toMember(memberId, memberMetadata)),
        partitions,
      );
      return [...shares].map(([memberId, share]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: 0,
          assignment: byTopic(share),
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });
}

function toMember(id: string, metadata: Buffer): GroupMember {
  const decoded = MemberMetadata.decode(metadata);
  if (!decoded) return { id, topics: [], claims: [] };
  const claims: Array<[string, number]> = JSON.parse(decoded.userData.toString() || '[]');
  return { id, topics: decoded.topics, claims: claims.map(([topic, partition]) => ({ topic, partition })) };
}

function byTopic(share: readonly TopicPartition[]): Record<string, number[]> {
  const topics: Record<string, number[]> = {};
  for (const { topic, partition } of share) {
    topics[topic] ??= [];
    topics[topic].push(partition);
  }
  return topics;
}
