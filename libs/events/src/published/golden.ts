import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ReleasedContract } from './release';

/** Committed for every released contract, and not changed afterwards. */
export const goldenFolder = join(__dirname, '..', '..', 'golden', 'v1');
export const releasedFolder = join(goldenFolder, 'schemas');

/** A CloudEvent in structured content mode. */
export type GoldenEvent = Record<string, unknown> & { type: string; partitionkey: string; data: object };

function readFolder<T>(folder: string): Record<string, T> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return Object.fromEntries(
    files.map((file) => [basename(file, '.json'), JSON.parse(readFileSync(join(folder, file), 'utf8'))]),
  );
}

/** One valid event of each type, by type: an event that a release sent must stay valid. */
export const goldenEvents = () => readFolder<GoldenEvent>(goldenFolder);

/** The contracts as released, by event type. */
export const releasedContracts = () => readFolder<ReleasedContract>(releasedFolder);
