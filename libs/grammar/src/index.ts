export type { Grammar } from './expression';
export { choice, text } from './expression';
export { parseGbnf } from './gbnf/parse-gbnf';
export { GrammarError } from './grammar-error';
export { compileSchema } from './json-schema/compile-schema';
export { parseRegex } from './regex/parse-regex';
export { GrammarVocabulary, TokenGrammar } from './token-grammar';
