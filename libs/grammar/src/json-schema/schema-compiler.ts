import { choice, type Expression, optional, repeat, ruleNamed, sequence, text } from '../expression';
import { GrammarError } from '../grammar-error';
import { compileNumber } from './compile-number';
import { compileObject } from './compile-object';
import { compileString } from './compile-string';
import { count } from './count';
import { areDisjoint, typeOfJson } from './disjoint';
import { anyArray, anyValue, blank, JSON_RULES } from './json-text';
import { mergeSchemas } from './merge-schemas';
import { refusedField, type Schema } from './schema';

const MANY = Number.POSITIVE_INFINITY;
/** Limits of a schema with all its references. */
const MOST_SCHEMAS = 5000;
const DEEPEST = 100;

/** Fields that only values of one type have; a schema without a type that has one is taken to be of this type. */
const TYPE_OF_FIELD: Readonly<Record<string, string>> = {
  properties: 'object',
  required: 'object',
  additionalProperties: 'object',
  items: 'array',
  prefixItems: 'array',
  minItems: 'array',
  maxItems: 'array',
  pattern: 'string',
  minLength: 'string',
  maxLength: 'string',
  minimum: 'number',
  maximum: 'number',
  exclusiveMinimum: 'number',
  exclusiveMaximum: 'number',
};
const TYPES = ['object', 'array', 'string', 'integer', 'number', 'boolean', 'null'];

/** Compiles the parts of one JSON schema to a grammar. */
export class SchemaCompiler {
  readonly rules = new Map<string, Expression>(JSON_RULES);
  private readonly references = new Map<string, string>();
  private count = 0;
  private depth = 0;

  /** @param name of the schema, where rules of several schemas are in one grammar */
  constructor(
    private readonly root: unknown,
    private readonly name = '',
  ) {}

  rule(expression: Expression): Expression {
    const name = `rule ${this.rules.size} ${this.name}`;
    this.rules.set(name, expression);
    return ruleNamed(name);
  }

  /** @throws GrammarError for a schema that is wrong, too large, or restricts values in a way that is not supported */
  compile(schema: unknown): Expression {
    if (schema === true) return anyValue;
    if (schema === false) return choice();
    this.depth += 1;
    const result = this.compileSchema(this.checked(schema));
    this.depth -= 1;
    return result;
  }

  private checked(schema: unknown): Schema {
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
      throw new GrammarError(`the JSON schema has ${JSON.stringify(schema)} where a schema is expected`);
    this.count += 1;
    if (this.count > MOST_SCHEMAS || this.depth > DEEPEST)
      throw new GrammarError(
        `the JSON schema is too large: it has more than ${MOST_SCHEMAS} parts, or is nested more than ${DEEPEST} levels deep`,
      );
    const refused = refusedField(schema as Schema);
    if (refused)
      throw new GrammarError(
        `the JSON schema has "${refused}", which is not supported; leave it out and check it yourself`,
      );
    return schema as Schema;
  }

  private compileSchema(schema: Schema): Expression {
    const { $ref: reference, allOf, anyOf, oneOf, ...rest } = schema;
    if (reference !== undefined) {
      const others = Object.keys({
        ...rest,
        ...(allOf !== undefined && { allOf }),
        ...(anyOf !== undefined && { anyOf }),
      });
      if (
        others.every((name) =>
          ['description', 'title', 'default', '$defs', 'definitions', '$schema'].includes(name),
        )
      )
        return this.reference(String(reference));
      return this.compile({
        ...rest,
        anyOf,
        oneOf,
        allOf: [...list(allOf), this.resolve(String(reference))],
      });
    }
    if (allOf !== undefined) {
      const merged = list(allOf).reduce<Schema>(
        (all, part) => mergeSchemas(all, this.resolved(part)),
        defined({ ...rest, anyOf, oneOf }),
      );
      return this.compile(merged);
    }
    if (anyOf !== undefined) return this.alternatives(list(anyOf), defined({ ...rest, oneOf }));
    if (oneOf !== undefined) {
      const options = list(oneOf).map((option) => mergeSchemas(rest, this.resolved(option)));
      refuseOverlaps(options);
      return this.alternatives(options, {});
    }
    return this.values(rest);
  }

  private alternatives(options: readonly unknown[], rest: Schema): Expression {
    const isPlain = !Object.keys(rest).some(
      (name) => name in TYPE_OF_FIELD || ['type', 'oneOf', 'enum', 'const'].includes(name),
    );
    return choice(
      ...options.map((option) => this.compile(isPlain ? option : mergeSchemas(rest, this.resolved(option)))),
    );
  }

  /** A schema whose own reference is replaced by what it refers to. */
  private resolved(schema: unknown): Schema {
    const checked = schema === true ? {} : this.checked(schema);
    const { $ref: reference, ...rest } = checked;
    if (reference === undefined) return checked;
    this.depth += 1;
    const target = this.resolved(this.resolve(String(reference)));
    this.depth -= 1;
    return mergeSchemas(target, rest);
  }

  private reference(reference: string): Expression {
    const known = this.references.get(reference);
    if (known !== undefined) return ruleNamed(known);
    const name = `reference ${reference} ${this.name}`;
    this.references.set(reference, name);
    this.rules.set(name, this.compile(this.resolve(reference)));
    return ruleNamed(name);
  }

  /** Follows a JSON pointer within the schema. */
  private resolve(reference: string): unknown {
    const wrong = () =>
      new GrammarError(
        `the JSON schema refers to ${JSON.stringify(reference)}, which is not in it; only references such as "#/$defs/name" are followed`,
      );
    if (reference !== '#' && !reference.startsWith('#/')) throw wrong();
    let target: unknown = this.root;
    for (const part of reference.split('/').slice(1)) {
      const name = decode(part).replaceAll('~1', '/').replaceAll('~0', '~');
      if (typeof target !== 'object' || target === null || !Object.hasOwn(target, name)) throw wrong();
      target = (target as Record<string, unknown>)[name];
    }
    return target;
  }

  private values(schema: Schema): Expression {
    const { type, const: constant, enum: values } = schema;
    if (constant !== undefined || values !== undefined) {
      const isAlsoListed = (value: unknown) => JSON.stringify(value) === JSON.stringify(constant);
      const both =
        constant === undefined
          ? list(values)
          : values === undefined
            ? [constant]
            : list(values).filter(isAlsoListed);
      return this.constants(both, schema);
    }
    if (type !== undefined) return choice(...[type].flat().map((name) => this.ofType(String(name), schema)));
    const inferred = Object.keys(schema).find((name) => Object.hasOwn(TYPE_OF_FIELD, name));
    return inferred ? this.ofType(TYPE_OF_FIELD[inferred], schema) : anyValue;
  }

  private constants(values: readonly unknown[], schema: Schema): Expression {
    const other = Object.keys(schema).find((name) => Object.hasOwn(TYPE_OF_FIELD, name));
    if (other)
      throw new GrammarError(`the JSON schema has "${other}" beside "enum" or "const"; leave it out`);
    const types = schema['type'] === undefined ? null : [schema['type']].flat();
    const fits = (value: unknown) =>
      !types || types.includes(typeOfJson(value)) || (types.includes('integer') && Number.isInteger(value));
    return choice(...values.filter(fits).map((value) => text(JSON.stringify(value))));
  }

  private ofType(type: string, schema: Schema): Expression {
    switch (type) {
      case 'object':
        return compileObject(schema, this);
      case 'array':
        return this.array(schema);
      case 'string':
        return compileString(schema);
      case 'integer':
      case 'number':
        return compileNumber(type, schema);
      case 'boolean':
        return choice(text('true'), text('false'));
      case 'null':
        return text('null');
      default:
        throw new GrammarError(
          `the JSON schema has the type ${JSON.stringify(type)}; expected one of ${TYPES.join(', ')}`,
        );
    }
  }

  private array(schema: Schema): Expression {
    const { items, prefixItems, minItems = 0, maxItems = MANY } = schema;
    const first = list(prefixItems ?? []);
    if (first.length === 0 && items === undefined && minItems === 0 && maxItems === MANY) return anyArray;
    const [least, most] = [
      count(minItems, 'minItems'),
      maxItems === MANY ? MANY : count(maxItems, 'maxItems'),
    ];
    const after = items === undefined && first.length > 0 ? false : (items ?? true);
    const rest = after === false ? null : this.rule(sequence(text(','), blank, this.compile(after)));
    // From the end: `tail` is what may follow the items so far.
    let tail: Expression = rest
      ? repeat(
          rest,
          Math.max(0, least - Math.max(first.length, 1)),
          Math.max(0, most - Math.max(first.length, 1)),
        )
      : text('');
    const leading = first.length > 0 ? first : after === false ? [] : [after];
    for (let i = Math.min(leading.length, most) - 1; i >= 0; i--) {
      const item = this.compile(leading[i]);
      const part = i === 0 ? sequence(item, tail) : sequence(text(','), blank, item, tail);
      tail = this.rule(i >= least ? optional(part) : part);
    }
    if (least > most || (!rest && least > leading.length)) return choice();
    return sequence(text('['), blank, most === 0 || leading.length === 0 ? text('') : tail, blank, text(']'));
  }
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw new GrammarError(`the JSON schema has ${JSON.stringify(value)} where a list is expected`);
}

function defined(schema: Schema): Schema {
  return Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function refuseOverlaps(options: readonly Schema[]): void {
  options.forEach((option, i) => {
    for (const other of options.slice(i + 1)) {
      if (!areDisjoint(option, other))
        throw new GrammarError(
          'the JSON schema has "oneOf" with schemas that may fit the same value; write "anyOf", or give each a constant property of its kind',
        );
    }
  });
}
