export type Role = 'system' | 'user' | 'assistant' | 'tool';

/** A call of a function, as OpenAI's API and chat templates have it, with arguments that are parsed. */
export interface ToolCall {
  id?: string;
  type: 'function';
  function: { name: string; arguments: Record<string, unknown> };
}

/** One turn of a conversation. `content` is always the whole text of the turn. */
export interface Message {
  role: Role;
  content: string;
  /** False for an answer that is read and not learned (`weight: 0`, `train: false` in the row). Missing means true. */
  learned?: boolean;
  /** The functions that an assistant calls. Such a turn may have no text. */
  toolCalls?: readonly ToolCall[];
  /** What an assistant thought before this turn. Many templates leave it out. */
  reasoning?: string;
  /** Of a tool: the call that it answers. */
  toolCallId?: string;
  /** Of a tool: the function that answers. */
  name?: string;
  /** Of the first message: the functions that the conversation may call, as JSON schemas. */
  tools?: readonly object[];
  /** Present when `content` joins an instruction and its input, which the Alpaca template shows separately. */
  parts?: { instruction: string; input: string };
}
