import type { ReadPrompt } from '../generation/read-prompts';
import type { LoadedModel } from '../models/loaded-model';
import type { ChatRequest } from '../openai/chat-request';
import { requestedStructure } from '../openai/structure-fields';
import type { AnswerPart } from './answer-parts';
import { ReasoningReader, type ThoughtParts } from './reasoning-reader';
import { ToolCallReader } from './tool-call-reader';

/** What an answer may have besides text. */
export interface AnswerForm {
  /** Whether its beginning may be thoughts. */
  thinks: boolean;
  /** The names of the functions that it may call. */
  functions: ReadonlySet<string> | null;
}

/** Separates the thoughts and the calls in an answer from its text while it arrives. */
class AnswerReader {
  private readonly thoughts: ReasoningReader | null;
  private readonly calls: ToolCallReader | null;

  /** @param begun whether the prompt ends with the beginning of thoughts */
  constructor({ thinks, functions }: AnswerForm, begun: boolean) {
    this.thoughts = thinks ? new ReasoningReader(begun) : null;
    this.calls = functions && new ToolCallReader(functions);
  }

  push(piece: string): AnswerPart[] {
    return this.partsOf(this.thoughts?.push(piece) ?? { reasoning: '', text: piece });
  }

  /** The rest, at the end of the answer. */
  end(): AnswerPart[] {
    return [
      ...this.partsOf(this.thoughts?.end() ?? { reasoning: '', text: '' }),
      ...(this.calls?.end() ?? []),
    ];
  }

  private partsOf({ reasoning, text }: ThoughtParts): AnswerPart[] {
    const thoughts: AnswerPart[] = reasoning === '' ? [] : [{ kind: 'reasoning', text: reasoning }];
    if (this.calls) return [...thoughts, ...this.calls.push(text)];
    return text === '' ? thoughts : [...thoughts, { kind: 'text', text }];
  }
}

/** The readers of the choices of a response. */
export class AnswerReaders {
  private readonly readers = new Map<number, AnswerReader>();

  constructor(
    private readonly model: Pick<LoadedModel, 'tokenizer'>,
    private readonly form: AnswerForm,
  ) {}

  /** Begins to read a choice of a stream. */
  async start(index: number, prompt: ReadPrompt): Promise<void> {
    this.readers.set(index, await this.reader(prompt));
  }

  push(index: number, text: string): AnswerPart[] {
    return this.readers.get(index)!.push(text);
  }

  end(index: number): AnswerPart[] {
    return this.readers.get(index)!.end();
  }

  /** The parts of a whole answer. */
  async read({ prompt, text }: { prompt: ReadPrompt; text: string }): Promise<AnswerPart[]> {
    const reader = await this.reader(prompt);
    return [...reader.push(text), ...reader.end()];
  }

  private async reader({ ids }: ReadPrompt): Promise<AnswerReader> {
    const { model, form } = this;
    return new AnswerReader(form, form.thinks && (await beginsThoughts(model, ids)));
  }
}

/** Enough tokens for `<think>` and a line end, in any vocabulary. */
const END_TOKENS = 12;

/** Whether a prompt ends with the beginning of thoughts, as that of DeepSeek R1 does. */
async function beginsThoughts(
  { tokenizer }: Pick<LoadedModel, 'tokenizer'>,
  prompt: readonly number[],
): Promise<boolean> {
  const end = await tokenizer.decode(prompt.slice(-END_TOKENS), { skipSpecialTokens: false });
  return end.trimEnd().endsWith('<think>');
}

/** What an answer to a request may have. An answer with a structure has no thoughts. */
export function answerForm({ template }: Pick<LoadedModel, 'template'>, request: ChatRequest): AnswerForm {
  const { toolUse } = request;
  const isFree = !toolUse?.forced && requestedStructure(request) === null;
  return {
    thinks: isFree && (template?.jinja.includes('</think>') ?? false),
    functions: toolUse && new Set(toolUse.tools.map((tool) => tool.function.name)),
  };
}
