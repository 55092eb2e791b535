import type { Bus } from '../../bus';
import type { BusDriver } from '../../driver';

/** The members of the contract's Kafka groups are taken for dead after so long. */
export const SESSION_MILLISECONDS = 4_000;

/** A place where messages are kept, and ways to it. */
export interface Store {
  /** A connection of its own, as another process would have; for the embedded bus there is only one. */
  connect(): BusDriver;
  close(): Promise<void>;
}

export interface Connected {
  readonly driver: BusDriver;
  readonly bus: Bus;
  readonly connect: () => BusDriver;
}

/** Defines one test of the contract. */
export type Given = (what: string, check: (connected: Connected) => Promise<void>) => void;
