export type Role = 'system' | 'user' | 'assistant';

/** One turn of a conversation. `content` is always the whole text of the turn. */
export interface Message {
  role: Role;
  content: string;
  /** False for an answer that is read and not learned (`weight: 0`, `train: false` in the row). Missing means true. */
  learned?: boolean;
  /** Present when `content` joins an instruction and its input, which the Alpaca template shows separately. */
  parts?: { instruction: string; input: string };
}
