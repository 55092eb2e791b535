/** How long this process may still act as the leader. See `LeaderElection`. */
export interface Fence {
  /** Milliseconds in which it may still start a write; 0 or less when it may not. */
  remainingMs(): number;
  /** Milliseconds until another process may lead: a write under way must have ended by then. */
  leaseRemainingMs(): number;
}

/** A write was refused because this process does not lead, or can no longer be sure that it does. */
export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError';

  constructor(call: string) {
    super(`${call}: not sent, because this process does not hold the lease`);
  }
}
