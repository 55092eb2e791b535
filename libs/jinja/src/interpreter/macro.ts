import { runtimeError } from '../errors';
import type { Signature } from '../parser/nodes';
import type { Runtime } from '../runtime';
import { Dict } from '../values/dict';
import { type Arguments, Callable, Tuple, Undefined, type Value } from '../values/value';

/** The variables of a call: undefined for a parameter without argument. */
export type Bindings = [name: string, value: Value | undefined][];

/** A macro, or the body of a call block. */
export class Macro extends Callable {
  readonly typeName = 'Macro';
  private readonly argumentNames: Tuple;

  constructor(
    private readonly name: string,
    private readonly signature: Signature,
    private readonly render: (bindings: Bindings) => string,
  ) {
    super();
    this.argumentNames = new Tuple(signature.parameters.map((parameter) => parameter.name));
  }

  call({ positional, named }: Arguments, { budget }: Runtime): Value {
    const { parameters, uses } = this.signature;
    budget.step(parameters.length + positional.length + named.size);
    const rest = new Map(named);
    const take = (name: string): Value | undefined => {
      const value = rest.get(name);
      rest.delete(name);
      return value;
    };
    const bindings: Bindings = parameters.map(({ name }, i) => {
      if (i >= positional.length) return [name, take(name)];
      if (rest.has(name))
        throw runtimeError(`macro '${this.name}' got multiple values for argument '${name}'`);
      return [name, positional[i]];
    });
    if (uses.caller) bindings.push(['caller', take('caller') ?? new Undefined('No caller defined')]);
    if (uses.kwargs) bindings.push(['kwargs', Dict.of(rest)]);
    else if (rest.has('caller'))
      throw runtimeError(`macro '${this.name}' has no place for the body of a call block`);
    else
      for (const name of rest.keys())
        throw runtimeError(`macro '${this.name}' takes no keyword argument '${name}'`);
    const { length } = parameters;
    if (uses.varargs) bindings.push(['varargs', new Tuple(positional.slice(length))]);
    else if (positional.length > length)
      throw runtimeError(`macro '${this.name}' takes not more than ${length} argument(s)`);
    return this.render(bindings);
  }

  override attribute(name: string): Value | undefined {
    switch (name) {
      case 'name':
        return this.name;
      case 'arguments':
        return this.argumentNames;
      case 'caller':
        return this.signature.uses.caller;
      case 'catch_kwargs':
        return this.signature.uses.kwargs;
      case 'catch_varargs':
        return this.signature.uses.varargs;
      default:
        return undefined;
    }
  }
}
