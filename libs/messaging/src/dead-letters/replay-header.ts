/** Names the one group that a replayed message is meant for; others had it the first time. */
export const REPLAY_HEADER = 'replay-for-group';
