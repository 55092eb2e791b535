import { createHash } from 'node:crypto';
import { EVENTS } from '@open-chatgpt/events';
import { z } from 'zod';
import { apiSchemas, time } from '../api/schemas';

const fields = EVENTS['preference.submitted'].data.shape;

/** A preference as a caller gives it; without an id it is named by its content. */
export const newPreference = z
  .strictObject({ ...fields, preferenceId: fields.preferenceId.optional() })
  .register(apiSchemas, { id: 'NewPreference' });

/** A preference as it is kept. */
export const preferenceSchema = z
  .object({ ...fields, createdAt: time })
  .register(apiSchemas, { id: 'Preference' });

export type Preference = z.output<typeof preferenceSchema>;

/** The same id and content for the same preference. */
export function toPreference(given: z.output<typeof newPreference>, createdAt: string): Preference {
  const preferenceId = given.preferenceId ?? contentHash(given);
  return { ...given, preferenceId, createdAt };
}

/** Whether two say the same, whenever they came. */
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

/** As a line of a preference dataset, which the adapter `preference` reads. */
export function toRow({ prompt, chosen, rejected }: Preference): string {
  return `${JSON.stringify({ prompt, chosen, rejected })}\n`;
}
