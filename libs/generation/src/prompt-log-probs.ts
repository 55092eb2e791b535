import type { Answering } from './adapters/with-adapter';
import type { TokenEvent } from './options/generate-options';
import type { TokenConstraint } from './sampling/token-constraint';

interface PromptLogProbOptions {
  /** Divides the logits. Default 1. */
  temperature?: number;
  /** Number of most probable tokens to report with each token. Default 0. */
  topLogProbs?: number;
  signal?: AbortSignal;
}

/** Allows given tokens only, one after the other. */
class GivenTokens implements TokenConstraint {
  private readonly words: Uint32Array;
  private next = 0;

  constructor(
    private readonly tokens: readonly number[],
    vocabSize: number,
  ) {
    this.words = new Uint32Array(Math.ceil(vocabSize / 32));
  }

  allowed(): Uint32Array {
    const token = this.tokens[this.next];
    this.words.fill(0);
    this.words[token >>> 5] = 1 << (token & 31);
    return this.words;
  }

  accept(): boolean {
    return ++this.next === this.tokens.length;
  }
}

/**
 * The log-probabilities of the tokens of a prompt after the first, which has none. The prompt takes a row of the batch and is read
 * one token at a time, like an answer that is known, so that it shares the batch with other requests.
 * @throws the signal's reason on abort; Error when the model computes NaN
 */
export async function promptLogProbs(
  generator: Answering,
  prompt: readonly number[],
  options: PromptLogProbOptions = {},
): Promise<TokenEvent[]> {
  const [first, ...rest] = prompt;
  if (rest.length === 0) return [];
  const events: TokenEvent[] = [];
  await generator.generate({
    ...options,
    prompts: [[first]],
    maxNewTokens: rest.length,
    stopTokenIds: [],
    doSample: false,
    constraint: () => new GivenTokens(rest, generator.model.config.vocabSize),
    onToken: (event) => void events.push(event),
  });
  return events;
}
