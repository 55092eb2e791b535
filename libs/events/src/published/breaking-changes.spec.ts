import { z } from 'zod';
import { breakingChanges } from './breaking-changes';
import { toJsonSchema } from './json-schema';

const released = {
  id: z.string().max(64),
  name: z.string().min(2).optional(),
  stage: z.enum(['sft', 'reward', 'ppo']),
  step: z.int().min(0).max(100),
  loss: z.number().gt(0),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.iso.datetime(),
  tokens: z.array(z.int().min(0)).min(1).max(8),
  metrics: z.record(z.string().max(8), z.number()),
  info: z.record(z.string(), z.union([z.number(), z.string()])),
  model: z.strictObject({ uri: z.string(), size: z.int().optional() }),
  maybe: z.number().nullable(),
  version: z.literal(1),
  either: z.union([z.string().max(8), z.int()]),
};

const without = (...names: (keyof typeof released)[]) =>
  Object.fromEntries(Object.entries(released).filter(([name]) => !names.includes(name as never)));

const changes = (fields: z.core.$ZodShape) =>
  breakingChanges(toJsonSchema(z.strictObject(released)), toJsonSchema(z.strictObject(fields)));

const change = (fields: z.core.$ZodShape) => changes({ ...released, ...fields });

describe('compatible changes', () => {
  it.each<[string, z.core.$ZodShape]>([
    ['nothing changed', {}],
    ['an optional field', { note: z.string().optional() }],
    ['an optional field inside', { model: released.model.extend({ note: z.string().optional() }) }],
    ['a further value', { stage: z.enum(['sft', 'reward', 'ppo', 'dpo']) }],
    ['a value in place of a literal', { version: z.literal([1, 2]) }],
    [
      'wider bounds',
      { step: z.int().min(-1).max(200), id: z.string().max(128), name: z.string().min(1).optional() },
    ],
    ['bounds given up', { step: z.int(), id: z.string(), tokens: z.array(z.int()) }],
    ['a pattern given up', { hash: z.string() }],
    ['another description', { id: z.string().max(64).describe('the id') }],
  ])('%s', (_, fields) => {
    expect(change(fields)).toEqual([]);
  });
});

describe('breaking changes', () => {
  it.each<[string, z.core.$ZodShape, string]>([
    ['a new required field', { note: z.string() }, 'data.note: a required field was added; make it optional'],
    [
      'a new required field inside',
      { model: released.model.extend({ note: z.string() }) },
      'data.model.note: a required field was added; make it optional',
    ],
    [
      'an optional field that became required',
      { name: z.string().min(2) },
      'data.name: the field became required; earlier events lack it',
    ],
    [
      'a required field that became optional',
      { step: released.step.optional() },
      'data.step: the field is no longer required; readers rely on it',
    ],
    [
      'a removed field inside',
      { model: z.strictObject({ uri: z.string() }) },
      'data.model.size: the field was removed',
    ],
    ['another type', { id: z.number() }, 'data.id: the type changed from "string" to "number"'],
    [
      'an integer that became a number',
      { step: z.number().min(0).max(100) },
      'data.step: the type changed from "integer" to "number"',
    ],
    [
      'a number that became an integer',
      { loss: z.int().gt(0) },
      'data.loss: the type changed from "number" to "integer"',
    ],
    [
      'another type inside a list',
      { tokens: z.array(z.string()).min(1).max(8) },
      'data.tokens[]: the type changed from "integer" to "string"',
    ],
    [
      'another type of values',
      { metrics: z.record(z.string().max(8), z.string()) },
      'data.metrics.*: the type changed from "number" to "string"',
    ],
    [
      'fewer alternatives',
      { info: z.record(z.string(), z.number()) },
      'data.info.*: the type changed from ["number","string"] to "number"',
    ],
    [
      'more alternatives',
      { info: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])) },
      'data.info.*: the type changed from ["number","string"] to ["number","string","boolean"]',
    ],
    [
      'more bounded alternatives',
      { either: z.union([z.string().max(8), z.int(), z.boolean()]) },
      'data.either: the number of alternatives changed from 2 to 3',
    ],
    [
      'a narrower alternative',
      { either: z.union([z.string().max(4), z.int()]) },
      'data.either(0): maxLength was narrowed from 8 to 4',
    ],
    [
      'no longer nullable',
      { maybe: z.number() },
      'data.maybe: the type changed from ["number","null"] to "number"',
    ],
    [
      'nullable now',
      { loss: z.number().gt(0).nullable() },
      'data.loss: the type changed from "number" to undefined',
    ],
    ['a removed value', { stage: z.enum(['sft', 'reward']) }, 'data.stage: the value "ppo" was removed'],
    ['values where any text was', { id: z.enum(['a']) }, 'data.id: was narrowed to the values ["a"]'],
    ['another literal', { version: z.literal(2) }, 'data.version: the value 1 was removed'],
    ['a higher minimum', { step: z.int().min(1).max(100) }, 'data.step: minimum was narrowed from 0 to 1'],
    ['a lower maximum', { step: z.int().min(0).max(99) }, 'data.step: maximum was narrowed from 100 to 99'],
    [
      'a higher open minimum',
      { loss: z.number().gt(1) },
      'data.loss: exclusiveMinimum was narrowed from 0 to 1',
    ],
    [
      'a new open maximum',
      { loss: z.number().gt(0).lt(1) },
      'data.loss: exclusiveMaximum was narrowed from undefined to 1',
    ],
    ['shorter texts', { id: z.string().max(32) }, 'data.id: maxLength was narrowed from 64 to 32'],
    [
      'a first least length',
      { id: z.string().min(1).max(64) },
      'data.id: minLength was narrowed from undefined to 1',
    ],
    [
      'shorter lists',
      { tokens: z.array(z.int().min(0)).min(1).max(4) },
      'data.tokens: maxItems was narrowed from 8 to 4',
    ],
    [
      'a longer least list',
      { tokens: z.array(z.int().min(0)).min(2).max(8) },
      'data.tokens: minItems was narrowed from 1 to 2',
    ],
    [
      'narrower names',
      { metrics: z.record(z.string().max(4), z.number()) },
      'data.metrics (names): maxLength was narrowed from 8 to 4',
    ],
    [
      'another pattern',
      { hash: z.string().regex(/^[0-9a-f]{40}$/) },
      'data.hash: pattern changed from "^[0-9a-f]{64}$" to "^[0-9a-f]{40}$"',
    ],
    [
      'a first pattern',
      { id: z.string().max(64).regex(/^a/) },
      'data.id: pattern changed from undefined to "^a"',
    ],
    [
      'a keyword that is not understood',
      { loss: z.number().gt(0).multipleOf(2) },
      'data.loss: multipleOf changed from undefined to 2',
    ],
  ])('%s', (_, fields, message) => {
    expect(change(fields)).toContain(message);
  });

  it('a removed field', () => {
    expect(changes(without('step'))).toEqual(['data.step: the field was removed']);
    expect(changes(without('name'))).toEqual(['data.name: the field was removed']);
  });

  it('another format', () => {
    expect(change({ at: z.iso.date() }).join()).toContain(
      'data.at: format changed from "date-time" to "date"',
    );
  });

  it('an object closed to fields that it did not name', () => {
    const closed = { type: 'object', additionalProperties: false };
    expect(breakingChanges({ type: 'object' }, closed)).toEqual(['data.*: is no longer allowed']);
  });

  it('all of it at once', () => {
    expect(changes({ ...without('id'), note: z.string(), stage: z.enum(['sft']) })).toHaveLength(4);
  });
});
