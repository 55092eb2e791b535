import { runtimeError } from '../errors';
import type { Runtime } from '../runtime';
import { equals } from '../values/compare';
import { type Arguments, BuiltIn, Callable, Tuple, Undefined, type Value } from '../values/value';

/** The variable `loop`. A call of it runs the loop again on other items, if it is recursive. */
export class Loop extends Callable {
  readonly typeName = 'LoopContext';
  index = 0;
  private changed: Tuple | null = null;

  constructor(
    private readonly items: readonly Value[],
    private readonly depth: number,
    private readonly recurse: ((items: Value, depth: number) => string) | null,
  ) {
    super();
  }

  call({ positional }: Arguments): Value {
    if (!this.recurse)
      throw runtimeError('the loop must have the "recursive" marker to be called recursively');
    if (positional.length !== 1) throw runtimeError('a recursive loop takes one argument');
    return this.recurse(positional[0], this.depth + 1);
  }

  override attribute(name: string): Value | undefined {
    const { length } = this.items;
    switch (name) {
      case 'index':
        return BigInt(this.index + 1);
      case 'index0':
        return BigInt(this.index);
      case 'revindex':
        return BigInt(length - this.index);
      case 'revindex0':
        return BigInt(length - this.index - 1);
      case 'first':
        return this.index === 0;
      case 'last':
        return this.index === length - 1;
      case 'length':
        return BigInt(length);
      case 'depth':
        return BigInt(this.depth + 1);
      case 'depth0':
        return BigInt(this.depth);
      case 'previtem':
        return this.neighbour(-1, 'previous');
      case 'nextitem':
        return this.neighbour(1, 'next');
      case 'cycle':
        return new BuiltIn('cycle', ({ positional }) => {
          if (positional.length === 0) throw runtimeError('no items for cycling given');
          return positional[this.index % positional.length];
        });
      case 'changed':
        return new BuiltIn('changed', ({ positional }, runtime) =>
          this.hasChanged(new Tuple(positional), runtime),
        );
      default:
        return undefined;
    }
  }

  override toString(): string {
    return `<LoopContext ${this.index + 1}/${this.items.length}>`;
  }

  private neighbour(offset: number, name: string): Value {
    const item = this.items[this.index + offset];
    return item === undefined ? new Undefined(`there is no ${name} item`) : item;
  }

  private hasChanged(value: Tuple, runtime: Runtime): boolean {
    const same = this.changed !== null && equals(this.changed, value, runtime);
    this.changed = value;
    return !same;
  }
}
