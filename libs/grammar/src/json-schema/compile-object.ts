import { choice, classOf, type Expression, optional, repeat, sequence, text, without } from '../expression';
import { GrammarError } from '../grammar-error';
import { anyObject, anyString, blank, list, member, UNESCAPED } from './json-text';
import type { Schema } from './schema';

/** Compiles the parts of a schema. */
interface Parts {
  compile(schema: unknown): Expression;
  /** Makes a rule, so that an expression that occurs twice is compiled once. */
  rule(expression: Expression): Expression;
}

const MANY = Number.POSITIVE_INFINITY;

/** Objects: the properties in the order of the schema, then further ones where `additionalProperties` names them. */
export function compileObject(schema: Schema, compiler: Parts): Expression {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, unknown>);
  const names = properties.map(([name]) => name);
  const required = new Set((schema['required'] ?? []) as string[]);
  const { additionalProperties: more } = schema;
  const extra = [...required].filter((name) => !names.includes(name));
  if (extra.length > 0) {
    if (more === false) throw new GrammarError(`the property "${extra[0]}" is required, but not allowed`);
    for (const name of extra) properties.push([name, typeof more === 'object' ? more : true]);
    names.push(...extra);
  }
  if (properties.length === 0) {
    if (more === undefined || more === true) return anyObject;
    if (more === false) return sequence(text('{'), blank, text('}'));
    return list('{', member(anyString, compiler.compile(more)), '}');
  }
  const further =
    more === undefined || more === false
      ? null
      : compiler.rule(member(nameOtherThan(names, compiler), compiler.compile(more)));
  let tail: Expression = further ? repeat(sequence(text(','), blank, further), 0, MANY) : text('');
  let head: Expression = further ? optional(sequence(further, tail)) : text('');
  for (const [name, value] of properties.reverse()) {
    const pair = compiler.rule(member(text(JSON.stringify(name)), compiler.compile(value)));
    const [after, without] = [tail, head];
    const first = sequence(pair, after);
    const next = sequence(text(','), blank, pair, after);
    const isRequired = required.has(name);
    head = compiler.rule(isRequired ? first : choice(first, without));
    tail = compiler.rule(isRequired ? next : choice(next, after));
  }
  return sequence(text('{'), blank, head, blank, text('}'));
}

/** A name in quotes that is none of the given ones. It has no escapes, which could write one of them differently. */
function nameOtherThan(names: readonly string[], compiler: Parts): Expression {
  const rest = repeat(classOf(...UNESCAPED), 0, MANY);
  const other = (endings: readonly (readonly string[])[]): Expression => {
    const firsts = new Set(endings.flatMap(([first = '']) => first));
    firsts.delete('');
    const codes = [...firsts].map((first): [number, number] => [
      first.codePointAt(0)!,
      first.codePointAt(0)!,
    ]);
    const options = [sequence(classOf(...without(UNESCAPED, codes)), rest)];
    if (endings.every(({ length }) => length > 0)) options.push(text(''));
    for (const first of firsts) {
      const after = endings.filter((ending) => ending[0] === first).map((ending) => ending.slice(1));
      options.push(sequence(text(first), compiler.rule(other(after))));
    }
    return choice(...options);
  };
  // As they are written in JSON, character by character; names with escapes differ from every name without.
  const plain = names.filter((name) => JSON.stringify(name) === `"${name}"`).map((name) => [...name]);
  if (plain.length === 0) return sequence(text('"'), rest, text('"'));
  return sequence(text('"'), compiler.rule(other(plain)), text('"'));
}
