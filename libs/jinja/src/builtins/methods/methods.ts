import type { Runtime } from '../../runtime';
import { Dict } from '../../values/dict';
import { rangeItems } from '../../values/sequence';
import { asText } from '../../values/types';
import { type Arguments, BuiltIn, Markup, Range, Tuple, type Value } from '../../values/value';
import { chargeTexts } from '../charge';
import { bind, type Parameters, parameters } from '../parameters';
import { DICT_METHODS } from './dict-methods';
import { LIST_METHODS } from './list-methods';
import { FLOAT_METHODS, INTEGER_METHODS } from './number-methods';
import { formatMethod, STRING_METHODS } from './string-methods';

type Method<T> = (self: T, args: (Value | undefined)[], runtime: Runtime) => Value;

/** Methods by name, with their parameters. */
export type Methods<T> = Readonly<Record<string, readonly [parameters: string, body: Method<T>]>>;

/** Methods that change their object. The sandbox of Jinja blocks them. */
const BLOCKED_LIST = new Set(['append', 'clear', 'extend', 'insert', 'pop', 'remove', 'reverse', 'sort']);
const BLOCKED_DICT = new Set(['clear', 'pop', 'popitem', 'setdefault', 'update']);

export const isBlocked = (object: Value, name: string): boolean =>
  (Array.isArray(object) && BLOCKED_LIST.has(name)) ||
  (object instanceof Dict && BLOCKED_DICT.has(name)) ||
  name === '__class__';

interface Compiled {
  parameters: Parameters;
  // biome-ignore lint/suspicious/noExplicitAny: the methods of each table take another type of object
  body: Method<any>;
}

// biome-ignore lint/suspicious/noExplicitAny: as above
const compile = (methods: Methods<any>): ReadonlyMap<string, Compiled> =>
  new Map(
    Object.entries(methods).map(([name, [text, body]]) => [name, { parameters: parameters(text), body }]),
  );

const STRING = compile(STRING_METHODS);
const LIST = compile(LIST_METHODS);
const DICT = compile(DICT_METHODS);
const INTEGER = compile(INTEGER_METHODS);
const FLOAT = compile(FLOAT_METHODS);

/** The bound method `object.name`, or undefined. */
export function methodOf(object: Value, name: string): BuiltIn | undefined {
  const text = asText(object);
  if (text !== null) return stringMethod(text, object instanceof Markup, name);
  if (Array.isArray(object)) return bound(LIST, object, name);
  if (object instanceof Tuple || object instanceof Range) {
    if (name === 'copy') return undefined;
    return bound(LIST, object, name, (runtime) =>
      object instanceof Tuple ? object.items : rangeItems(object, runtime),
    );
  }
  if (object instanceof Dict) return bound(DICT, object, name);
  if (typeof object === 'bigint' || typeof object === 'boolean') return bound(INTEGER, BigInt(object), name);
  return typeof object === 'number' ? bound(FLOAT, object, name) : undefined;
}

/** @param read what the method is called on, where it is not the object itself */
function bound(
  methods: ReadonlyMap<string, Compiled>,
  object: Value,
  name: string,
  read: (runtime: Runtime) => unknown = () => object,
): BuiltIn | undefined {
  const method = methods.get(name);
  if (!method) return undefined;
  return new BuiltIn(name, (args, runtime) => {
    chargeTexts(object, args, runtime);
    return method.body(read(runtime), bind(name, method.parameters, args), runtime);
  });
}

function stringMethod(text: string, isMarkup: boolean, name: string): BuiltIn | undefined {
  const method =
    name === 'format' || name === 'format_map'
      ? new BuiltIn(name, (args: Arguments, runtime) => {
          chargeTexts(text, args, runtime);
          return formatMethod(text, name, args, runtime);
        })
      : bound(STRING, text, name);
  if (!isMarkup || !method) return method;
  return new BuiltIn(name, (args, runtime) => {
    const result = method.call(args, runtime);
    return typeof result === 'string' ? new Markup(result) : result;
  });
}
