import { allowedTokens } from './automaton/allowed-tokens';
import { Automaton, type State } from './automaton/automaton';
import { createTokenTrie, type TokenTrie } from './automaton/token-trie';
import type { Grammar } from './expression';
import { GrammarError } from './grammar-error';
import { compileNetwork } from './network/compile-network';

/** The tokens of a model, for grammars. */
export class GrammarVocabulary {
  readonly trie: TokenTrie;
  /** 1 for each byte that is a token: a text of these bytes can always be continued token by token. */
  readonly alphabet = new Uint8Array(256);

  /**
   * @param bytes of each token, one character for each byte; null for a token without text, such as a special token
   * @param vocabSize the number of logits of the model
   */
  constructor(
    readonly bytes: readonly (string | null)[],
    vocabSize: number,
  ) {
    this.trie = createTokenTrie(bytes, vocabSize);
    for (const text of bytes.slice(0, vocabSize))
      if (text?.length === 1) this.alphabet[text.charCodeAt(0)] = 1;
  }
}

/** A grammar that is compiled for the tokens of a model. */
export class TokenGrammar {
  private readonly automaton: Automaton;

  /** @throws GrammarError for a grammar that no text matches, is too large, or is left-recursive */
  constructor(
    grammar: Grammar,
    private readonly vocabulary: GrammarVocabulary,
  ) {
    this.automaton = new Automaton(compileNetwork(grammar, vocabulary.alphabet));
    if (this.automaton.start.places.length === 0)
      throw new GrammarError('only the empty text matches the grammar');
  }

  /** Follows one text. @param stopTokens are allowed where the text may end */
  matcher(stopTokens: readonly number[]): TokenMatcher {
    return new TokenMatcher(this.automaton, this.vocabulary, stopTokens);
  }
}

/** The tokens that may come next in a text of a grammar. A constraint of `libs/generation`. */
export class TokenMatcher {
  private state: State;

  constructor(
    private readonly automaton: Automaton,
    private readonly vocabulary: GrammarVocabulary,
    private readonly stopTokens: readonly number[],
  ) {
    this.state = automaton.start;
  }

  /** Bit t % 32 of word ⌊t / 32⌋ stands for token t. @throws GrammarError when the grammar needs too much work */
  allowed(): Uint32Array {
    const mask = allowedTokens(this.automaton, this.state, this.vocabulary.trie);
    if (!this.state.accepts) return mask;
    const withStops = mask.slice();
    for (const token of this.stopTokens) withStops[token >>> 5] |= 1 << (token & 31);
    return withStops;
  }

  /** @returns whether the text is complete: nothing may follow @throws Error for a token that is not allowed */
  accept(token: number): boolean {
    if (this.stopTokens.includes(token) && this.state.accepts) return true;
    const text = this.vocabulary.bytes[token] ?? '';
    for (let i = 0; i < text.length; i++) {
      const next = this.automaton.step(this.state, text.charCodeAt(i));
      if (!next) throw new Error(`the token ${token} does not continue a text of the grammar`);
      this.state = next;
    }
    return this.state.places.length === 0;
  }
}
