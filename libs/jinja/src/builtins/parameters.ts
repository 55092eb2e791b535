import { runtimeError } from '../errors';
import type { Arguments, Value } from '../values/value';

/** The parameters of a built-in function, filter or method. */
export interface Parameters {
  names: string[];
  required: number;
  positionalOnly: boolean;
}

/** Reads `'name other optional?'`; after a leading `/`, arguments have no names. */
export function parameters(text: string): Parameters {
  const words = text.split(' ').filter(Boolean);
  const positionalOnly = words[0] === '/';
  const names = positionalOnly ? words.slice(1) : words;
  const required = names.filter((name) => !name.endsWith('?')).length;
  return { names: names.map((name) => name.replace('?', '')), required, positionalOnly };
}

/** The arguments in the order of the parameters; undefined for those that are left out. */
export function bind(
  name: string,
  { names, required, positionalOnly }: Parameters,
  args: Arguments,
): (Value | undefined)[] {
  if (args.positional.length > names.length)
    throw runtimeError(`${name}() takes at most ${names.length} arguments, found ${args.positional.length}`);
  const bound: (Value | undefined)[] = [...args.positional];
  for (const [key, value] of args.named) {
    const index = positionalOnly ? -1 : names.indexOf(key);
    if (index < 0) throw runtimeError(`${name}() has no parameter "${key}"`);
    if (index < args.positional.length) throw runtimeError(`${name}() receives "${key}" twice`);
    bound[index] = value;
  }
  for (let i = 0; i < required; i++)
    if (bound[i] === undefined) throw runtimeError(`${name}() needs the argument "${names[i]}"`);
  return bound;
}
