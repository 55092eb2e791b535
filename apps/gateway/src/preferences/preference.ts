import { createHash } from 'node:crypto';
import { EVENTS } from '@open-chatgpt/events';
import { time } from '@open-chatgpt/orchestration';
import { z } from 'zod';
import { apiSchemas } from '../api/schemas';

const fields = EVENTS['preference.submitted'].data.shape;

/** A submitted preference; without an id, the hash of its content becomes its id. */
export const newPreference = z
  .strictObject({ ...fields, preferenceId: fields.preferenceId.optional() })
  .register(apiSchemas, { id: 'NewPreference' });

/** A stored preference. */
export const preferenceSchema = z
  .object({ ...fields, createdAt: time })
  .register(apiSchemas, { id: 'Preference' });

export type Preference = z.output<typeof preferenceSchema>;

/** Deterministic: the same preference gets the same id. */
export function toPreference(given: z.output<typeof newPreference>, createdAt: string): Preference {
  const preferenceId = given.preferenceId ?? contentHash(given);
  return { ...given, preferenceId, createdAt };
}

/** Whether two preferences have the same content, whenever they were submitted. */
export function isSame(one: Preference, other: Preference): boolean {
  return contentHash(one) === contentHash(other);
}

function contentHash({
  datasetId,
  prompt,
  chosen,
  rejected,
  modelId,
  annotator,
}: Omit<Preference, 'preferenceId' | 'createdAt'>): string {
  const turns = prompt.map(({ role, content }) => [role, content]);
  const content = JSON.stringify([datasetId, turns, chosen, rejected, modelId ?? null, annotator ?? null]);
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}

/** A line of a preference dataset, for the adapter `preference`. */
export function toRow({ prompt, chosen, rejected }: Preference): string {
  return `${JSON.stringify({ prompt, chosen, rejected })}\n`;
}
