import { z } from 'zod';
import { recordKey } from './store-keys';

const manifest = z.object({ uri: z.string(), sha256: z.string(), size: z.number(), version: z.string() });

/** Reference to the manifest of a published folder. */
type Manifest = z.output<typeof manifest>;

const schema = z.object({
  formatVersion: z.literal(1),
  /** Fencing token: counts the starts of the run. Only the worker that counted last may write. */
  attempt: z.int().min(1),
  /** That worker, for people. */
  worker: z.string(),
  /** Checkpoints from which the run can go on, the oldest first. */
  checkpoints: z.array(z.object({ step: z.int().min(0), attempt: z.int(), manifest })),
  /** Events published when the run had done all its steps, kept to publish them again. */
  completed: z
    .object({
      model: z.looseObject({ manifest, lineage: z.looseObject({ checkpoint: manifest.optional() }) }),
      run: z.looseObject({}),
    })
    .optional(),
  /** How the last request ended that did not complete the run, kept to publish the event again. */
  ended: z
    .object({
      generation: z.int().min(0),
      type: z.enum(['run.failed', 'run.cancelled']),
      data: z.looseObject({}),
    })
    .optional(),
});

/** What the store knows of a run, at `recordKey(runId)`. */
export type RunRecord = z.output<typeof schema>;

export type StoredCheckpoint = RunRecord['checkpoints'][number];

/** A document at a record's key that is not the record of a run. */
export class InvalidRunRecordError extends Error {}

/**
 * @param document as JSON gives it; null where the store has none
 * @throws InvalidRunRecordError that names the key, the field and the remedy
 */
export function parseRunRecord(runId: string, document: unknown): RunRecord | null {
  if (document === null) return null;
  const { success, data, error } = schema.safeParse(document);
  if (success) return data;
  throw new InvalidRunRecordError(
    `"${recordKey(runId)}" is not the record of a run: ${z.prettifyError(error)}; delete it to train from the start.`,
  );
}

/** Folders that the run still needs: before its end its checkpoints; after it the model and the checkpoint behind it. */
export function foldersOfRun({ checkpoints, completed }: RunRecord): Manifest[] {
  if (!completed) return checkpoints.map((checkpoint) => checkpoint.manifest);
  const { manifest, lineage } = completed.model;
  return lineage.checkpoint ? [manifest, lineage.checkpoint] : [manifest];
}
