import type { Runtime } from '../runtime';

/**
 * A value of a template. An integer of Python is a bigint, a float is a number, a list is an array. Everything else is an
 * object of a class below: templates never touch the objects of JavaScript, nor their prototypes.
 */
export type Value = null | boolean | bigint | number | string | Value[] | TemplateObject;

/** The arguments of a call. */
export interface Arguments {
  positional: Value[];
  named: ReadonlyMap<string, Value>;
}

export abstract class TemplateObject {
  /** Python's name of its type. */
  abstract readonly typeName: string;

  /** An attribute, or undefined when it has none of this name. */
  attribute(_name: string): Value | undefined {
    return undefined;
  }

  toString(): string {
    return `<${this.typeName}>`;
  }
}

export class Tuple extends TemplateObject {
  readonly typeName = 'tuple';
  constructor(readonly items: Value[]) {
    super();
  }
}

/** A name, an attribute or an item that does not exist. */
export class Undefined extends TemplateObject {
  readonly typeName = 'Undefined';
  constructor(
    /** The error of most operations with it. */
    readonly reason: string,
  ) {
    super();
  }
}

/** A string that `safe` or `escape` marked as HTML. */
export class Markup extends TemplateObject {
  readonly typeName = 'Markup';
  constructor(readonly text: string) {
    super();
  }
}

export class Range extends TemplateObject {
  readonly typeName = 'range';
  readonly length: number;
  constructor(
    readonly start: number,
    readonly stop: number,
    readonly step: number,
  ) {
    super();
    this.length = Math.max(0, Math.ceil((stop - start) / step));
  }

  at(index: number): bigint {
    return BigInt(this.start + index * this.step);
  }
}

/** The result of a lazy filter. Like a generator of Python, it can be iterated once and has no length. */
export class Generator extends TemplateObject {
  readonly typeName = 'generator';
  constructor(readonly items: Iterator<Value> & Iterable<Value>) {
    super();
  }
}

export abstract class Callable extends TemplateObject {
  abstract call(args: Arguments, runtime: Runtime): Value;
}

/** A function or method of this library. */
export class BuiltIn extends Callable {
  constructor(
    readonly name: string,
    private readonly body: (args: Arguments, runtime: Runtime) => Value,
    readonly typeName = 'builtin_function_or_method',
  ) {
    super();
  }

  call(args: Arguments, runtime: Runtime): Value {
    return this.body(args, runtime);
  }

  override toString(): string {
    return `<built-in ${this.name}>`;
  }
}
