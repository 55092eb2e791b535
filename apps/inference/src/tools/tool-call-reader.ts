import { randomBytes } from 'node:crypto';
import type { AnswerPart } from './answer-parts';
import { ObjectEnd } from './object-end';

const MISTRAL = '[TOOL_CALLS]';
/** What begins calls, where the tokenizer does not leave it out as a special token. */
const OPEN = ['<tool_call>', MISTRAL];
const CLOSE = '</tool_call>';
/** What may be before the object of a call. */
const BEFORE = /^\s*(?:<tool_call>|\[TOOL_CALLS\])?\s*[[,]?\s*/;
/** The beginning of a call up to its arguments. Other orders and escapes are read when the object is complete. */
const HEAD = /^\{\s*"name"\s*:\s*"([^"\\]*)"\s*,\s*"(?:arguments|parameters)"\s*:\s*(?=\{)/;
/** The beginning of an object whose first field a call may have. */
const MAY_BE_CALL = /^\{\s*(?:$|"(?:$|[a-z]{1,10}$|(?:name|arguments|parameters|id|type)"))/;
const NAMED = /^\{\s*"name"\s*:\s*"([^"\\]*)"/;
/** What may be between calls, and after the last one. */
const BETWEEN = /^\s*(<\/tool_call>|<tool_call>|\[TOOL_CALLS\]|\]|,)/;

/**
 * Separates the calls in an answer from its text while it arrives: between `<tool_call>` and `</tool_call>` (Hermes, Qwen), after
 * `[TOOL_CALLS]` (Mistral), or an answer that is JSON, one call or a list of calls (Llama 3; Mistral, where the tokenizer leaves the marker out). A call begins with the name of a given function and the brace that opens
 * its arguments, and then stays a call: the arguments are what the model writes up to their last brace. Anything else stays text.
 */
export class ToolCallReader {
  private held = '';
  private mode: 'start' | 'text' | 'call' | 'arguments' | 'tail' | 'between' = 'start';
  private object = new ObjectEnd();
  /** The length of what `object` has read of the held text, where a call may begin. */
  private scanned = 0;

  /** @param names of the functions that may be called */
  constructor(private readonly names: ReadonlySet<string>) {}

  push(piece: string): AnswerPart[] {
    this.held += piece;
    const parts: AnswerPart[] = [];
    while (this.step(parts));
    return parts;
  }

  /** The rest, at the end of the answer, which may have been cut within a call. */
  end(): AnswerPart[] {
    const parts: AnswerPart[] = [];
    const isBlank = this.held.trim() === '';
    if (this.mode !== 'tail' && !(this.mode === 'between' && isBlank))
      this.pass(parts, 'text', this.held.length);
    return parts;
  }

  /** @returns whether the held text may have more to read */
  private step(parts: AnswerPart[]): boolean {
    switch (this.mode) {
      case 'start':
        return this.start();
      case 'text':
        return this.passText(parts);
      case 'call':
        return this.readCall(parts);
      case 'arguments':
        return this.passArguments(parts);
      case 'tail':
        return this.skipTail();
      case 'between':
        return this.readBetween();
    }
  }

  /** The first character that is not blank shows whether the answer is JSON. */
  private start(): boolean {
    const text = this.held.trimStart();
    const [first] = text;
    if (first === undefined || (text !== MISTRAL && MISTRAL.startsWith(text))) return false;
    return first === '{' || first === '[' ? this.expectCall() : this.enter('text');
  }

  private passText(parts: AnswerPart[]): boolean {
    const found = OPEN.map((marker) => this.held.indexOf(marker)).filter((at) => at !== -1);
    const at = found.length === 0 ? -1 : Math.min(...found);
    this.pass(parts, 'text', at === -1 ? this.held.length - possibleMarker(this.held) : at);
    return at !== -1 && this.expectCall();
  }

  private readCall(parts: AnswerPart[]): boolean {
    const [before] = BEFORE.exec(this.held)!;
    if (this.held.length === before.length) return false;
    const object = this.held.slice(before.length);
    const head = HEAD.exec(object);
    if (head && this.names.has(head[1])) {
      this.take(before.length + head[0].length);
      parts.push({ kind: 'call', id: newCallId(), name: head[1] });
      this.object = new ObjectEnd();
      return this.enter('arguments');
    }
    if (!head && this.mayBeCall(object)) {
      const found = this.object.find(this.held.slice(this.scanned));
      if (found === -1) {
        this.scanned = this.held.length;
        return false;
      }
      const end = this.scanned + found;
      const call = completeCall(this.held.slice(before.length, end), this.names);
      if (call) {
        this.take(end);
        const { name, text } = call;
        parts.push({ kind: 'call', id: newCallId(), name }, { kind: 'arguments', text }, { kind: 'callEnd' });
        return this.enter('between');
      }
    }
    this.pass(parts, 'text', before.length);
    return this.enter('text');
  }

  /** Other JSON does not wait for its end. */
  private mayBeCall(object: string): boolean {
    const name = NAMED.exec(object)?.[1];
    return MAY_BE_CALL.test(object) && (name === undefined || this.names.has(name));
  }

  private passArguments(parts: AnswerPart[]): boolean {
    const end = this.object.find(this.held);
    this.pass(parts, 'arguments', end === -1 ? this.held.length : end);
    if (end === -1) return false;
    parts.push({ kind: 'callEnd' });
    this.object = new ObjectEnd(1);
    return this.enter('tail');
  }

  /** What a call has after its arguments has no meaning. */
  private skipTail(): boolean {
    const end = this.object.find(this.held);
    this.take(end === -1 ? this.held.length : end);
    return end !== -1 && this.enter('between');
  }

  private readBetween(): boolean {
    const found = BETWEEN.exec(this.held);
    if (!found) {
      const text = this.held.trimStart();
      return ![...OPEN, CLOSE].some((marker) => marker.startsWith(text)) && this.enter('text');
    }
    const [whole, marker] = found;
    const begins = marker === ',' || OPEN.includes(marker);
    this.take(begins ? whole.length - marker.length : whole.length);
    return !begins || this.expectCall();
  }

  private expectCall(): boolean {
    this.object = new ObjectEnd();
    this.scanned = 0;
    return this.enter('call');
  }

  private enter(mode: ToolCallReader['mode']): true {
    this.mode = mode;
    return true;
  }

  private pass(parts: AnswerPart[], kind: 'text' | 'arguments', length: number): void {
    const text = this.take(length);
    if (text !== '') parts.push({ kind, text });
  }

  private take(length: number): string {
    const taken = this.held.slice(0, length);
    this.held = this.held.slice(length);
    return taken;
  }
}

/** Nine characters, which Mistral's templates require. */
const newCallId = (): string => randomBytes(8).toString('hex').slice(0, 9);

/** Length of the longest end of a text that may begin a call. */
function possibleMarker(text: string): number {
  const lengthOf = (marker: string): number => {
    for (let length = Math.min(marker.length - 1, text.length); length > 0; length--)
      if (marker.startsWith(text.slice(-length))) return length;
    return 0;
  };
  return Math.max(...OPEN.map(lengthOf));
}

/** @returns null where the object is no call of the functions */
function completeCall(json: string, names: ReadonlySet<string>): { name: string; text: string } | null {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(json) as Record<string, unknown>;
  } catch {
    return null;
  }
  const { name, arguments: given, parameters } = value;
  const values = given ?? parameters ?? {};
  if (typeof name !== 'string' || !names.has(name) || typeof values !== 'object') return null;
  return { name, text: JSON.stringify(values) };
}
