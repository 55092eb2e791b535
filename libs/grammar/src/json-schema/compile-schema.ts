import type { Grammar } from '../expression';
import { SchemaCompiler } from './schema-compiler';

/**
 * The grammar of the JSON texts that fit a JSON schema (2020-12). Properties come in the order of the schema, and properties that it does
 * not name only where `additionalProperties` says so: every text of the grammar fits, but not every text that fits is in the grammar.
 * @param name of the schema, where rules of several schemas are in one grammar
 * @throws GrammarError that names the field that is wrong or not supported
 */
export function compileSchema(schema: unknown, name?: string): Grammar {
  const compiler = new SchemaCompiler(schema, name);
  return { root: compiler.compile(schema), rules: compiler.rules };
}
