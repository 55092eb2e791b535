import {
  choice,
  compileSchema,
  type Expression,
  type Grammar,
  GrammarError,
  repeat,
  sequence,
  text,
} from '@open-chatgpt/grammar';
import type { CallForm } from './call-form';

/** An answer that calls functions and has no other text. */
export interface CallStructure {
  kind: 'calls';
  form: CallForm;
  functions: readonly { name: string; parameters: unknown }[];
  /** Whether it may call several. */
  parallel: boolean;
}

/** @throws GrammarError that names the function whose parameters are wrong or not supported */
export function callGrammar({ form, functions, parallel }: CallStructure): Grammar {
  const rules = new Map<string, Expression>();
  const call = choice(
    ...functions.map(({ name, parameters }) => {
      const grammar = parametersOf(name, parameters);
      for (const [rule, expression] of grammar.rules) rules.set(rule, expression);
      const head = `{"name": ${JSON.stringify(name)}, "${form.argumentsField}": `;
      return sequence(text(form.open + head), grammar.root, text(`}${form.close}`));
    }),
  );
  if (!parallel) return { root: call, rules };
  const several = (between: string) =>
    sequence(call, repeat(sequence(text(between), call), 0, Number.POSITIVE_INFINITY));
  if (form.open !== '') return { root: several('\n'), rules };
  return { root: choice(call, sequence(text('['), several(', '), text(']'))), rules };
}

function parametersOf(name: string, parameters: unknown): Grammar {
  try {
    return compileSchema(parameters, name);
  } catch (error) {
    if (error instanceof GrammarError) throw new GrammarError(`the function "${name}": ${error.message}`);
    throw error;
  }
}
