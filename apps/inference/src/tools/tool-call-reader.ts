import { randomBytes } from 'node:crypto';

/** A call as OpenAI's API has it. */
export interface ToolCall {
  id: string;
  type: 'function';
  function: { name: string; arguments: string };
}

/** Text of an answer, and the calls that are complete. */
export interface AnswerParts {
  text: string;
  calls: ToolCall[];
}

const OPEN = '<tool_call>';
const CLOSE = '</tool_call>';

/**
 * Separates the calls in an answer from its text while it arrives: between `<tool_call>` and `</tool_call>` (Hermes, Qwen), or an answer
 * that is JSON, one call or a list of calls (Llama 3, Mistral). What looks like a call and is none of a given function stays text.
 */
export class ToolCallReader {
  private held = '';
  private mode: 'start' | 'text' | 'call' | 'json' = 'start';
  private hasCalls = false;

  /** @param names of the functions that may be called */
  constructor(private readonly names: ReadonlySet<string>) {}

  push(piece: string): AnswerParts {
    this.held += piece;
    const parts: AnswerParts = { text: '', calls: [] };
    if (this.mode === 'start') this.begin();
    while (this.mode === 'text' || this.mode === 'call') {
      const marker = this.mode === 'text' ? OPEN : CLOSE;
      const at = this.held.indexOf(marker);
      if (at === -1) break;
      const before = this.held.slice(0, at);
      this.held = this.held.slice(at + marker.length);
      if (this.mode === 'text') this.addText(parts, before);
      else this.addCalls(parts, before, `${OPEN}${before}${CLOSE}`);
      this.mode = this.mode === 'text' ? 'call' : 'text';
    }
    if (this.mode === 'text') {
      const certain = this.held.length - possibleMarker(this.held);
      this.addText(parts, this.held.slice(0, certain));
      this.held = this.held.slice(certain);
    }
    return parts;
  }

  /** The rest, at the end of the answer. A model may leave out the last `</tool_call>`. */
  end(): AnswerParts {
    const parts: AnswerParts = { text: '', calls: [] };
    if (this.mode === 'call') this.addCalls(parts, this.held, `${OPEN}${this.held}`);
    else if (this.mode === 'json') this.addCalls(parts, this.held, this.held);
    else this.addText(parts, this.held);
    this.held = '';
    return parts;
  }

  /** The first character that is not blank shows whether the answer is JSON. */
  private begin(): void {
    const first = this.held.trimStart()[0];
    if (first !== undefined) this.mode = first === '{' || first === '[' ? 'json' : 'text';
  }

  private addText(parts: AnswerParts, text: string): void {
    // Line ends between calls are no text.
    if (!(this.hasCalls && text.trim() === '')) parts.text += text;
  }

  private addCalls(parts: AnswerParts, json: string, asText: string): void {
    const calls = readCalls(json, this.names);
    if (!calls) parts.text += asText;
    else {
      this.hasCalls = true;
      parts.calls.push(...calls);
    }
  }
}

/** Length of the longest end of a text that may begin a call. */
function possibleMarker(text: string): number {
  for (let length = Math.min(OPEN.length - 1, text.length); length > 0; length--)
    if (OPEN.startsWith(text.slice(-length))) return length;
  return 0;
}

/** @returns null where the text is not calls of the functions */
function readCalls(json: string, names: ReadonlySet<string>): ToolCall[] | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  const calls = [value].flat().map((call) => readCall(call, names));
  return calls.length > 0 && calls.every((call) => call !== null) ? calls : null;
}

function readCall(value: unknown, names: ReadonlySet<string>): ToolCall | null {
  if (typeof value !== 'object' || value === null) return null;
  const { name, arguments: given, parameters } = value as Record<string, unknown>;
  const values = given ?? parameters ?? {};
  if (typeof name !== 'string' || !names.has(name) || typeof values !== 'object') return null;
  // Nine characters, which Mistral's templates require.
  const id = randomBytes(8).toString('hex').slice(0, 9);
  return { id, type: 'function', function: { name, arguments: JSON.stringify(values) } };
}
