import type { StoredCheckpoint } from '@open-chatgpt/runs';
import type { ProcessGroup } from '@open-chatgpt/runtime';
import type { OneRunEnd } from '../one-run/one-run-end';

/** What a rank says to rank 0: first who it is, and later that it received a signal to stop, such as 15. */
export type ToLeader = { rank: number; token: string } | { stop: number };

/** What rank 0 says to the others. */
export type ToFollower =
  /** The run begins from this checkpoint of the store, or from the start. */
  | { begin: StoredCheckpoint | null }
  /** Whether the run stops here: after the same step on each rank. */
  | { stop: boolean }
  /** How rank 0 ends. */
  | { end: OneRunEnd };

/** The ranks of a run did not find each other. */
export class RanksApart extends Error {}

/** Where rank 0 listens for the others: beside the keys of the mesh, which other threads serve. */
export const runPort = ({ port }: Pick<ProcessGroup, 'port'>): number => port + 1;
