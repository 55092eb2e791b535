import type { Bus } from '../../bus';
import type { BusDriver } from '../../driver';

/** The session timeout of the Kafka groups in the contract tests. */
export const SESSION_MILLISECONDS = 4_000;

/** A message store, and connections to it. */
export interface Store {
  /** A new connection, as another process would have. The embedded bus has only one. */
  connect(): BusDriver;
  close(): Promise<void>;
}

export interface Connected {
  readonly driver: BusDriver;
  readonly bus: Bus;
  readonly connect: () => BusDriver;
}

/** Defines one test of the contract. */
export type DefineTest = (what: string, check: (connected: Connected) => Promise<void>) => void;
