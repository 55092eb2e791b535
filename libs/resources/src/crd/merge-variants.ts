import type { Rule, StructuralSchema } from './schema-types';

/**
 * One schema for the variants of a union, as structural schemas require. Objects that a field with one fixed value tells
 * apart (`uses: sft`) keep what each variant demands as rules in CEL; other differences become the loosest schema.
 *
 * Defaults of fields that only some variants have, or that differ, are left out: the API server would write them into every
 * variant. The operator fills them in.
 */
export function merged(variants: readonly StructuralSchema[], path: string): StructuralSchema {
  const tag = discriminatorOf(variants);
  const schema = loosest(variants, path);
  if (!tag) return schema;
  const rules = variantRules(variants, tag);
  return { ...schema, 'x-kubernetes-validations': [...(schema['x-kubernetes-validations'] ?? []), ...rules] };
}

/** The property whose value tells the variants apart. */
function discriminatorOf(variants: readonly StructuralSchema[]): string | undefined {
  const [first] = variants;
  return Object.keys(first.properties ?? {}).find((name) => {
    const enums = variants.map(({ properties }) => properties?.[name]?.enum);
    return (
      enums.every((one) => one?.length === 1) && new Set(enums.map((one) => one![0])).size === enums.length
    );
  });
}

function loosest(variants: readonly StructuralSchema[], path: string): StructuralSchema {
  const [first, ...others] = variants;
  if (others.every((one) => JSON.stringify(one) === JSON.stringify(first))) return first;
  const types = new Set(variants.map(({ type }) => type));
  const isNumber = [...types].every((type) => type === 'integer' || type === 'number');
  if (types.size > 1 && !isNumber)
    throw new Error(`${path}: a union of ${[...types].join(' and ')} has no structural schema`);
  const common = commonFields(variants);
  if (isNumber) return { ...common, ...loosestNumber(variants) };
  switch (first.type) {
    case 'object':
      return { ...common, ...loosestObject(variants, path) };
    case 'array':
      return {
        ...common,
        type: 'array',
        items: loosest(
          variants.map(({ items }) => items!),
          `${path}[]`,
        ),
      };
    default: {
      const enums = variants.map((one) => one.enum);
      return {
        ...common,
        type: first.type,
        ...(enums.every(Boolean) && { enum: [...new Set(enums.flatMap((one) => one!))] }),
      };
    }
  }
}

/** What all variants say alike. */
function commonFields(variants: readonly StructuralSchema[]): StructuralSchema {
  const [first, ...others] = variants;
  const same = (name: keyof StructuralSchema) =>
    others.every((one) => JSON.stringify(one[name]) === JSON.stringify(first[name]));
  const descriptions = [...new Set(variants.flatMap(({ description }) => description ?? []))];
  const kept: (keyof StructuralSchema)[] = ['default', 'minLength', 'maxLength', 'pattern', 'format'];
  return {
    ...Object.fromEntries(
      kept.filter((name) => first[name] !== undefined && same(name)).map((name) => [name, first[name]]),
    ),
    ...(descriptions.length > 0 && { description: descriptions.join('; or ') }),
    ...(variants.some(({ nullable }) => nullable) && { nullable: true }),
  };
}

function loosestNumber(variants: readonly StructuralSchema[]): StructuralSchema {
  const bound = (
    name: 'minimum' | 'maximum',
    exclusive: 'exclusiveMinimum' | 'exclusiveMaximum',
    sign: number,
  ) => {
    if (!variants.every((one) => one[name] !== undefined)) return {};
    const loosestOne = variants.reduce((a, b) => {
      const difference = sign * (a[name]! - b[name]!);
      return difference < 0 || (difference === 0 && !a[exclusive]) ? a : b;
    });
    return { [name]: loosestOne[name], ...(loosestOne[exclusive] && { [exclusive]: true }) };
  };
  const integers = variants.every(({ type }) => type === 'integer');
  return {
    type: integers ? 'integer' : 'number',
    ...(integers && { format: 'int64' }),
    ...bound('minimum', 'exclusiveMinimum', 1),
    ...bound('maximum', 'exclusiveMaximum', -1),
  };
}

function loosestObject(variants: readonly StructuralSchema[], path: string): StructuralSchema {
  const names = [...new Set(variants.flatMap(({ properties }) => Object.keys(properties ?? {})))];
  const properties = names.map((name) => {
    const having = variants.flatMap(({ properties: own }) => own?.[name] ?? []);
    const { default: fallback, ...field } = loosest(having, `${path}.${name}`);
    const everywhere = having.length === variants.length;
    return [name, { ...field, ...(everywhere && fallback !== undefined && { default: fallback }) }] as const;
  });
  const required = names.filter((name) => variants.every((one) => one.required?.includes(name)));
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length > 0 && { required }),
  };
}

/** What holds only for some variants: which fields they have, which they require, and tighter bounds and values. */
function variantRules(variants: readonly StructuralSchema[], tag: string): Rule[] {
  const rules: Rule[] = [];
  const tags = variants.map(({ properties }) => String(properties![tag].enum![0]));
  const compare = (objects: readonly (StructuralSchema | undefined)[], at: string[]) => {
    const names = [...new Set(objects.flatMap((one) => Object.keys(one?.properties ?? {})))].filter(
      (name) => at.length > 0 || name !== tag,
    );
    for (const name of names) {
      const fields = objects.map((one) => one?.properties?.[name]);
      const field = [...at, name];
      rules.push(...fieldRules(tag, tags, objects, fields, field));
      if (fields.every((one) => one === undefined || (one.type === 'object' && one.properties)))
        compare(fields, field);
    }
  };
  compare(variants, []);
  return rules;
}

function fieldRules(
  tag: string,
  tags: readonly string[],
  objects: readonly (StructuralSchema | undefined)[],
  fields: readonly (StructuralSchema | undefined)[],
  path: readonly string[],
): Rule[] {
  const name = path.at(-1)!;
  const parents = path.slice(0, -1).map((_, i) => `has(self.${path.slice(0, i + 1).join('.')})`);
  const parent = parents.at(-1);
  const present = [...parents, `has(self.${path.join('.')})`].join(' && ');
  const absent = `!(${present})`;
  const fieldPath = `.${path.join('.')}`;
  const is = (those: readonly string[]) =>
    those.length === 1
      ? `self.${tag} == '${those[0]}'`
      : `self.${tag} in [${those.map((one) => `'${one}'`).join(', ')}]`;
  const where = (test: (i: number) => boolean) => tags.filter((_, i) => test(i));
  const rules: Rule[] = [];
  // A parent that a variant lacks is forbidden as a whole.
  const owners = where((i) => fields[i] !== undefined);
  const strangers = where((i) => fields[i] === undefined && objects[i] !== undefined);
  if (strangers.length > 0)
    rules.push({
      rule: `${absent} || ${is(owners)}`,
      message: `${name} is a field of ${owners.join(', ')}`,
      fieldPath,
      reason: 'FieldValueForbidden',
    });
  const needing = where((i) => objects[i]?.required?.includes(name) ?? false);
  // Then the united schema requires it too.
  const everyVariantRequires = objects.every((one) => !one || one.required?.includes(name));
  if (needing.length > 0 && !everyVariantRequires)
    rules.push({
      rule: [
        `!(${is(needing)})`,
        ...(parents.length > 0 ? [`!(${parents.join(' && ')})`] : []),
        `has(self.${path.join('.')})`,
      ].join(' || '),
      message: `${path.join('.')} is required by ${needing.join(', ')}`,
      fieldPath: parent === undefined ? fieldPath : `.${path.slice(0, -1).join('.')}`,
      reason: 'FieldValueRequired',
    });
  const known = fields.filter((one) => one !== undefined);
  const united = loosest(known, path.join('.'));
  fields.forEach((field, i) => {
    const tighter = field && tighterThan(united, field, `self.${path.join('.')}`);
    if (tighter)
      rules.push({
        rule: `!(${is([tags[i]])}) || ${absent} || ${tighter.test}`,
        message: `${name} of ${tags[i]}: ${tighter.message}`,
        fieldPath,
        reason: 'FieldValueInvalid',
      });
  });
  return rules;
}

/** The test in CEL for what a variant demands beyond the united schema. */
function tighterThan(
  united: StructuralSchema,
  field: StructuralSchema,
  self: string,
): { test: string; message: string } | null {
  const tests: string[] = [];
  const messages: string[] = [];
  const isInteger = field.type === 'integer';
  const number = (value: number) =>
    united.type === 'integer' ? String(value) : Number.isInteger(value) ? `${value}.0` : String(value);
  if (
    field.minimum !== undefined &&
    (united.minimum !== field.minimum || united.exclusiveMinimum !== field.exclusiveMinimum)
  ) {
    tests.push(`${self} ${field.exclusiveMinimum ? '>' : '>='} ${number(field.minimum)}`);
    messages.push(`expected ${field.exclusiveMinimum ? 'more than' : 'at least'} ${field.minimum}`);
  }
  if (
    field.maximum !== undefined &&
    (united.maximum !== field.maximum || united.exclusiveMaximum !== field.exclusiveMaximum)
  ) {
    tests.push(`${self} ${field.exclusiveMaximum ? '<' : '<='} ${number(field.maximum)}`);
    messages.push(`expected ${field.exclusiveMaximum ? 'less than' : 'at most'} ${field.maximum}`);
  }
  if (isInteger && united.type === 'number') {
    tests.push(`double(int(${self})) == ${self}`);
    messages.push('expected a whole number');
  }
  if (field.enum && field.enum.length < (united.enum?.length ?? Infinity)) {
    tests.push(
      `${self} in [${field.enum.map((one) => (typeof one === 'string' ? `'${one}'` : String(one))).join(', ')}]`,
    );
    messages.push(`expected one of ${field.enum.join(', ')}`);
  }
  if (tests.length === 0) return null;
  const test = tests.join(' && ');
  return {
    test: united.nullable ? `${self} == null || (${test})` : `(${test})`,
    message: messages.join(' and '),
  };
}
