import { runtimeError, TemplateError } from '../errors';
import type { Runtime } from '../runtime';
import { Dict } from '../values/dict';
import { Namespace } from '../values/namespace';
import { iterate, toList } from '../values/sequence';
import { toText } from '../values/text';
import { integer } from '../values/types';
import { type Arguments, BuiltIn, Callable, Range, TemplateObject, type Value } from '../values/value';
import { text } from './arguments';
import { chargeTexts } from './charge';
import { bind, parameters } from './parameters';
import { strftime } from './strftime';

/** Jinja's sandbox has the same limit. */
const MAX_RANGE = 100_000;

const define = (
  name: string,
  spec: string,
  body: (args: (Value | undefined)[], runtime: Runtime) => Value,
) => {
  const expected = parameters(spec);
  return new BuiltIn(
    name,
    (args, runtime) => {
      chargeTexts(null, args, runtime);
      return body(bind(name, expected, args), runtime);
    },
    'function',
  );
};

const range = define('range', '/ start stop? step?', ([first, second, third]) => {
  const [start, stop] =
    second === undefined ? [0, integer(first as Value)] : [integer(first as Value), integer(second)];
  const step = third === undefined ? 1 : integer(third);
  if (step === 0) throw runtimeError('range() arg 3 must not be zero');
  const made = new Range(start, stop, step);
  if (made.length > MAX_RANGE)
    throw new TemplateError(
      'limit',
      `a range exceeds the limit of ${MAX_RANGE.toLocaleString('en')} numbers`,
    );
  return made;
});

function makeDict(args: Arguments, runtime: Runtime): Dict {
  const dict = new Dict();
  const [source] = args.positional;
  if (args.positional.length > 1)
    throw runtimeError(`dict expected at most 1 argument, got ${args.positional.length}`);
  if (source instanceof Dict) for (const [key, value] of source.entries(runtime.budget)) dict.set(key, value);
  else if (source !== undefined)
    for (const pair of iterate(source, runtime)) {
      const items = toList(pair, runtime);
      if (items.length !== 2)
        throw runtimeError(`a pair of dict() has ${items.length} elements; 2 are required`);
      dict.set(items[0], items[1]);
    }
  for (const [key, value] of args.named) dict.set(key, value);
  return dict;
}

/** `dict(...)` and `dict.fromkeys(...)` */
class DictFunction extends Callable {
  readonly typeName = 'TemplateDict';

  call(args: Arguments, runtime: Runtime): Value {
    return makeDict(args, runtime);
  }

  override attribute(name: string): Value | undefined {
    if (name !== 'fromkeys') return undefined;
    return define('fromkeys', '/ keys value?', ([keys, value], runtime) =>
      Dict.of(toList(keys as Value, runtime).map((key) => [key, value ?? null] as const)),
    );
  }
}

const namespace = new BuiltIn(
  'namespace',
  (args, runtime) => {
    const made = new Namespace();
    for (const [name, value] of makeDict(args, runtime).entries(runtime.budget))
      made.set(text(name, 'an attribute of a namespace'), value);
    return made;
  },
  'type',
);

/** `cycler(...)`: its method next() returns the values in turn. */
class Cycler extends TemplateObject {
  readonly typeName = 'Cycler';
  private position = 0;

  constructor(private readonly values: Value[]) {
    super();
  }

  override attribute(name: string): Value | undefined {
    const current = this.values[this.position];
    if (name === 'current') return current;
    if (name === 'next')
      return define('next', '', () => {
        const value = this.values[this.position];
        this.position = (this.position + 1) % this.values.length;
        return value;
      });
    if (name !== 'reset') return undefined;
    return define('reset', '', () => {
      this.position = 0;
      return null;
    });
  }
}

const cycler = new BuiltIn(
  'cycler',
  ({ positional }) => {
    if (positional.length === 0) throw runtimeError('at least one item has to be provided');
    return new Cycler(positional);
  },
  'type',
);

/** `joiner(sep)`: empty at its first call, the separator afterwards. */
const joiner = define('joiner', 'sep?', ([separator]) => {
  let used = false;
  return define('joiner', '', () => {
    if (used) return separator ?? ', ';
    used = true;
    return '';
  });
});

const raiseException = define('raise_exception', 'message', ([message], runtime) => {
  throw new TemplateError('rejected', toText(message as Value, runtime));
});

const strftimeNow = define('strftime_now', 'format', ([format], runtime) => {
  const found = text(format, 'the format of strftime_now()');
  runtime.budget.makeList(2 * found.length);
  return strftime(runtime.now(), found);
});

/** The functions that a template finds. */
export const GLOBALS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['range', range],
  ['dict', new DictFunction()],
  ['namespace', namespace],
  ['cycler', cycler],
  ['joiner', joiner],
  ['raise_exception', raiseException],
  ['strftime_now', strftimeNow],
]);
