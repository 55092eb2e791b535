import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

const SCHEMAS = 10_000;

/** Random JSON schemas, each with a text of random tokens that its grammar allows. ajv says whether the text fits. */
export async function measureStructured() {
  const { TokenGrammar, compileSchema, GrammarError } = require('@open-chatgpt/grammar');
  const { jsonVocabulary, randomSchema, randomText } = require('@open-chatgpt/grammar/testing');
  const { createRng } = require('@open-chatgpt/random');
  const Ajv = require('ajv/dist/2020').default;
  const ajv = new Ajv({ strict: false, logger: false, addUsedSchema: false });
  const vocabulary = jsonVocabulary();
  const counts = { valid: 0, invalid: 0, unsatisfiable: 0, cut: 0 };
  const start = process.cpuUsage();
  for (let seed = 0; seed < SCHEMAS; seed++) {
    const rng = createRng(seed);
    const schema = randomSchema(rng);
    try {
      const grammar = new TokenGrammar(compileSchema(schema), vocabulary);
      const text = randomText(grammar, vocabulary, rng);
      if (text === null) counts.cut++;
      else counts[ajv.validate(schema, JSON.parse(text)) ? 'valid' : 'invalid']++;
    } catch (error) {
      if (!(error instanceof GrammarError)) throw error;
      counts.unsatisfiable++;
    }
    ajv.removeSchema();
  }
  const { user, system } = process.cpuUsage(start);
  console.log({ ...counts, cpuSeconds: Math.round((user + system) / 1e5) / 10 });
}
