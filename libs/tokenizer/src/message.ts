export type Role = 'system' | 'user' | 'assistant';

/** One turn of a conversation. `content` is always the whole text of the turn. */
export interface Message {
  role: Role;
  content: string;
  /** Present when `content` joins an instruction and its input, which the Alpaca template shows separately. */
  parts?: { instruction: string; input: string };
}
