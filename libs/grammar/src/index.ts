export type { Expression, Grammar } from './expression';
export { choice, repeat, sequence, text } from './expression';
export { parseGbnf } from './gbnf/parse-gbnf';
export { GrammarError } from './grammar-error';
export { compileSchema } from './json-schema/compile-schema';
export { parseRegex } from './regex/parse-regex';
export { GrammarVocabulary, TokenGrammar } from './token-grammar';
