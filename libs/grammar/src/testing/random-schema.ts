import type { Rng } from '@open-chatgpt/random';

type Schema = Record<string, unknown>;

const WORDS = ['a', 'name', 'größe', 'x"y', 'back\\slash', 'kind', 'items', 'ab', 'abc'];
const PATTERNS = ['^[a-c]{1,3}$', '^\\d+$', 'x|y+z', '^(?:[A-Z]"|\\\\|\\n)*$', '^é{2}.?$', '[^a]$'];

/** A random JSON schema of everything that `compileSchema` supports. */
export function randomSchema(rng: Rng): Schema {
  const next = { anyOf: [{ type: 'null' }, { $ref: '#/$defs/tree' }] };
  const tree = { type: 'object', properties: { value: part(rng, 1), next }, required: ['value', 'next'] };
  return { ...part(rng, 3), $defs: { tree } };
}

function part(rng: Rng, depth: number): Schema {
  const below = (n: number) => Math.floor(rng.next() * n);
  const chance = (p: number) => rng.next() < p;
  const pick = <T>(values: readonly T[]): T => values[below(values.length)];
  const leaf = [string, number, constants, () => ({ type: pick(['boolean', 'null']) })];
  const inner = [object, object, array, tuple, anyOf, oneOf, allOf, shared];
  return pick(depth > 0 ? [...leaf, ...inner, ...inner] : leaf)();

  function string(): Schema {
    if (chance(0.3)) return { type: 'string', pattern: pick(PATTERNS) };
    if (chance(0.3))
      return { type: 'string', format: pick(['date', 'time', 'date-time', 'uuid', 'ipv4', 'email']) };
    const minLength = below(4);
    return { type: 'string', ...(chance(0.5) && { minLength, maxLength: minLength + below(5) }) };
  }
  function number(): Schema {
    const type = pick(['integer', 'number']);
    const low = below(300) - 150;
    const part = type === 'number' && chance(0.5) ? below(4) / 4 : 0;
    return {
      type,
      ...(chance(0.5) && { [pick(['minimum', 'exclusiveMinimum'])]: low + part }),
      ...(chance(0.5) && { [pick(['maximum', 'exclusiveMaximum'])]: low + 2 + below(200) + part }),
    };
  }
  function constants(): Schema {
    const values = [1, 'two', null, { three: [3, 'é"'] }, -0.5, true];
    return chance(0.5) ? { enum: values.slice(below(3)) } : { const: pick(values) };
  }
  function object(): Schema {
    const names = [...new Set(Array.from({ length: below(5) }, () => pick(WORDS)))];
    const properties = Object.fromEntries(names.map((name) => [name, part(rng, depth - 1)]));
    const additional = pick([undefined, true, false, part(rng, 0)]);
    return {
      type: 'object',
      properties,
      required: names.filter(() => chance(0.5)),
      ...(additional !== undefined && { additionalProperties: additional }),
    };
  }
  function array(): Schema {
    const minItems = below(3);
    return {
      type: 'array',
      items: part(rng, depth - 1),
      ...(chance(0.6) && { minItems }),
      ...(chance(0.6) && { maxItems: minItems + below(3) }),
    };
  }
  function tuple(): Schema {
    return {
      type: 'array',
      prefixItems: [part(rng, depth - 1), part(rng, 0)],
      items: chance(0.5) ? false : part(rng, 0),
      minItems: below(3),
      ...(chance(0.3) && { maxItems: 2 + below(2) }),
    };
  }
  function anyOf(): Schema {
    return { anyOf: [part(rng, depth - 1), part(rng, depth - 1)] };
  }
  function oneOf(): Schema {
    const option = (kind: string) => ({
      type: 'object',
      properties: { kind: { const: kind }, value: part(rng, depth - 1) },
      required: ['kind'],
    });
    return { oneOf: [option('x'), option('y'), { type: 'null' }] };
  }
  function allOf(): Schema {
    return {
      allOf: [
        { type: 'object', properties: { a: part(rng, 0) }, required: ['a'] },
        { properties: { b: part(rng, depth - 1) } },
      ],
    };
  }
  function shared(): Schema {
    return { $ref: '#/$defs/tree' };
  }
}
