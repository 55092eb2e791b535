import type { Bus } from '../../bus';
import type { BusDriver } from '../../driver';

/** A member of a consumer group that sends no heartbeat for so long has left it; the contract's Kafka groups only. */
export const SESSION_MILLISECONDS = 4_000;

export interface Connected {
  readonly driver: BusDriver;
  readonly bus: Bus;
  /** Another connection, as another process has; the embedded bus has only one. */
  connect(): BusDriver;
}

/** Defines one test of the contract. */
export type DefineTest = (what: string, check: (connected: Connected) => Promise<void>) => void;
