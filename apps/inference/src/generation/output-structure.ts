import {
  choice,
  compileSchema,
  type Grammar,
  GrammarError,
  GrammarVocabulary,
  parseGbnf,
  parseRegex,
  TokenGrammar,
  text,
} from '@open-chatgpt/grammar';
import { type Tokenizer, tokenBytes } from '@open-chatgpt/tokenizer';
import { LRUCache } from 'lru-cache';
import { type CallStructure, callGrammar } from '../tools/call-grammar';

/** What the text of an answer must be. */
export type OutputStructure =
  | { kind: 'json'; schema: unknown }
  | { kind: 'regex'; pattern: string }
  | { kind: 'grammar'; source: string }
  | { kind: 'choice'; choices: readonly string[] }
  | CallStructure;

/** Compiled grammars of a model; each has at most about 15 MB of states and masks. */
const MOST_GRAMMARS = 16;

/** The grammars of a model's answers, compiled for its tokens. Those of the latest requests are kept. */
export class OutputGrammars {
  private readonly compiled = new LRUCache<string, TokenGrammar>({ max: MOST_GRAMMARS });
  private vocabulary: GrammarVocabulary | null = null;

  /** @param vocabSize the number of logits of the model */
  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly vocabSize: number,
  ) {}

  /** @throws GrammarError for a structure that is wrong, too large, or that no text has */
  compile(structure: OutputStructure): TokenGrammar {
    const key = JSON.stringify(structure);
    const known = this.compiled.get(key);
    if (known) return known;
    const made = new TokenGrammar(grammarOf(structure), this.vocabularyOfModel());
    this.compiled.set(key, made);
    return made;
  }

  private vocabularyOfModel(): GrammarVocabulary {
    if (this.vocabulary) return this.vocabulary;
    const bytes = tokenBytes(this.tokenizer);
    if (!bytes)
      throw new GrammarError(
        'the tokens of this model do not say which text they add, so its answers cannot be constrained',
      );
    this.vocabulary = new GrammarVocabulary(bytes, this.vocabSize);
    return this.vocabulary;
  }
}

function grammarOf(structure: OutputStructure): Grammar {
  switch (structure.kind) {
    case 'json':
      return compileSchema(structure.schema);
    case 'regex':
      return { root: parseRegex(structure.pattern, false), rules: new Map() };
    case 'grammar':
      return parseGbnf(structure.source);
    case 'choice':
      return { root: choice(...structure.choices.map(text)), rules: new Map() };
    case 'calls':
      return callGrammar(structure);
  }
}
