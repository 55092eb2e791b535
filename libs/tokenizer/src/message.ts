export type Role = 'system' | 'user' | 'assistant';

/** One turn of a conversation. `content` is always the whole text of the turn. */
export interface Message {
  role: Role;
  content: string;
  /** Set when `content` was joined from an instruction and its input: the Alpaca template shows them apart. */
  parts?: { instruction: string; input: string };
}
