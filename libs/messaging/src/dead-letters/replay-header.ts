/** Names the group for which a message is replayed; other groups skip it, because they have handled it already. */
export const REPLAY_HEADER = 'replay-for-group';
