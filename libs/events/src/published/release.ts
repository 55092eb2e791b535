import { contractOf, type EventType, eventTypes } from '../registry';
import { breakingChanges } from './breaking-changes';
import { type JsonSchema, jsonSchemaOf } from './json-schema';

/** The contract of an event as other systems rely on it; committed as `golden/v1/schemas/<type>.json`. */
export interface ReleasedContract {
  type: string;
  kind: string;
  topic: string;
  key: readonly string[];
  dataschema: string;
  data: JsonSchema;
}

function releaseOf(type: EventType): ReleasedContract {
  const { cloudEventType, kind, topic, keyFields, dataschema } = contractOf(type);
  return { type: cloudEventType, kind, topic, key: keyFields, dataschema, data: jsonSchemaOf(type) };
}

export type Releases = Readonly<Record<string, ReleasedContract>>;

/** The current contracts, by event type. */
export const currentReleases = (): Releases =>
  Object.fromEntries(eventTypes.map((type) => [type, releaseOf(type)]));

/** How `current` breaks consumers of `released`, as sentences that name event and field. */
export function breakingReleaseChanges(released: Releases, current: Releases = currentReleases()): string[] {
  return Object.entries(released).flatMap(([type, before]) => {
    const after = current[type];
    if (after === undefined) return [`${type}: the event was removed`];
    const envelope = (['type', 'kind', 'topic', 'key', 'dataschema'] as const)
      .filter((part) => String(before[part]) !== String(after[part]))
      .map((part) => `${type}: ${part} changed from ${before[part]} to ${after[part]}`);
    return [...envelope, ...breakingChanges(before.data, after.data).map((change) => `${type}: ${change}`)];
  });
}
