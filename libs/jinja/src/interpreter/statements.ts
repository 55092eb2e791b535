import type { Budget } from '../budget';
import { atLine, runtimeError } from '../errors';
import type { Body, Expression, ForStatement, Signature, Statement, Target } from '../parser/nodes';
import { Namespace } from '../values/namespace';
import { isIterable, iterate, toList } from '../values/sequence';
import { toText } from '../values/text';
import { truthy, typeName } from '../values/types';
import { Undefined, type Value } from '../values/value';
import { Evaluator } from './expressions';
import { Loop } from './loop';
import { type Bindings, Macro } from './macro';
import { Scope } from './scope';

type Outcome = 'next' | 'break' | 'continue';

/** Executes the statements of one rendering. */
export class Interpreter {
  private readonly evaluator: Evaluator;
  private output = '';

  constructor(
    private readonly budget: Budget,
    now: () => Date,
    private readonly top: Scope,
  ) {
    this.evaluator = new Evaluator(budget, now);
  }

  render(body: Body): string {
    this.hide(body, this.top);
    return this.capture(() => this.run(body, this.top));
  }

  private run(body: Body, scope: Scope): Outcome {
    for (const statement of body) {
      let outcome: Outcome;
      try {
        this.budget.step();
        outcome = this.execute(statement, scope);
      } catch (error) {
        throw atLine(error, statement.line);
      }
      if (outcome !== 'next') return outcome;
    }
    return 'next';
  }

  private execute(statement: Statement, scope: Scope): Outcome {
    switch (statement.kind) {
      case 'text':
        this.write(statement.text);
        return 'next';
      case 'print':
        this.write(toText(this.evaluator.evaluate(statement.value, scope), this.evaluator));
        return 'next';
      case 'if': {
        const branch = statement.branches.find(({ test }) => truthy(this.evaluator.evaluate(test, scope)));
        return this.run(branch?.body ?? statement.otherwise, scope);
      }
      case 'for':
        this.loop(statement, this.evaluator.evaluate(statement.iterable, scope), scope, 0);
        return 'next';
      case 'break':
      case 'continue':
        return statement.kind;
      case 'set':
        this.assign(statement.target, this.evaluator.evaluate(statement.value, scope), scope);
        return 'next';
      case 'set block':
        this.assign(statement.target, this.filtered(statement.body, statement.filter, scope), scope);
        return 'next';
      case 'filter block':
        this.write(toText(this.filtered(statement.body, statement.filter, scope), this.evaluator));
        return 'next';
      case 'with': {
        const inner = this.open(statement.body, scope);
        for (const { target, value } of statement.assignments)
          this.assign(target, this.evaluator.evaluate(value, scope), inner);
        return this.run(statement.body, inner);
      }
      case 'macro':
        scope.set(statement.name, this.macro(statement.name, statement.signature, statement.body, scope));
        return 'next';
      case 'call':
        this.callBlock(statement, scope);
        return 'next';
      case 'scope':
        return this.run(statement.body, this.open(statement.body, scope));
      case 'block':
        return this.run(statement.body, this.open(statement.body, this.top));
    }
  }

  private write(text: string): void {
    this.output += text;
    this.budget.fits(this.output.length);
  }

  /** What `body` writes, instead of the output. */
  private capture(body: () => void): string {
    const outer = this.output;
    this.output = '';
    body();
    const inner = this.output;
    this.output = outer;
    return inner;
  }

  private filtered(body: Body, filter: Expression | undefined, scope: Scope): Value {
    const inner = this.open(body, scope);
    const text = this.capture(() => this.run(body, inner));
    return filter ? this.evaluator.evaluate(filter, inner, text) : text;
  }

  private loop(node: ForStatement, iterable: Value, scope: Scope, depth: number): void {
    const items = this.loopItems(node, iterable, scope);
    const recurse = node.recursive
      ? (inner: Value, level: number) =>
          this.nested(() => this.capture(() => this.loop(node, inner, scope, level)))
      : null;
    const loop = new Loop(items, depth, recurse);
    const inner = new Scope(scope);
    let completed = false;
    for (let i = 0; i < items.length; i++) {
      this.budget.step();
      loop.index = i;
      inner.clear();
      this.hide(node.body, inner);
      inner.set('loop', loop);
      this.assign(node.target, items[i], inner);
      const outcome = this.run(node.body, inner);
      if (outcome === 'break') break;
      if (outcome === 'next') completed = true;
    }
    // As in Jinja, a loop whose body never reaches its end counts as empty.
    if (!completed) this.run(node.otherwise, this.open(node.otherwise, scope));
  }

  private loopItems({ target, filter }: ForStatement, iterable: Value, scope: Scope): Value[] {
    const items = toList(iterable, this.evaluator);
    if (!filter) return items;
    const inner = new Scope(scope);
    return items.filter((item) => {
      this.assign(target, item, inner);
      return truthy(this.evaluator.evaluate(filter, inner));
    });
  }

  private assign(target: Target, value: Value, scope: Scope): void {
    if (target.kind === 'name') scope.set(target.name, value);
    else if (target.kind === 'namespace') {
      const object = scope.get(target.name);
      if (!(object instanceof Namespace))
        throw runtimeError('cannot assign attribute on non-namespace object');
      object.set(target.attribute, value);
    } else {
      if (!isIterable(value)) throw runtimeError(`cannot unpack non-iterable ${typeName(value)} object`);
      const values = value instanceof Undefined ? [] : [...iterate(value, this.evaluator)];
      const { length } = target.items;
      if (values.length > length) throw runtimeError(`too many values to unpack (expected ${length})`);
      if (values.length < length)
        throw runtimeError(`not enough values to unpack (expected ${length}, got ${values.length})`);
      target.items.forEach((item, i) => {
        this.assign(item, values[i], scope);
      });
    }
  }

  private macro(name: string, signature: Signature, body: Body, scope: Scope): Macro {
    return new Macro(name, signature, (bindings) =>
      this.nested(() => {
        const inner = this.open(body, scope);
        this.bind(bindings, signature, inner);
        return this.capture(() => this.run(body, inner));
      }),
    );
  }

  /** Defaults are evaluated at the call, and see the parameters before them. */
  private bind(bindings: Bindings, { parameters }: Signature, scope: Scope): void {
    bindings.forEach(([name, value], i) => {
      const otherwise = parameters[i]?.default;
      if (value !== undefined) scope.set(name, value);
      else if (otherwise) scope.set(name, this.evaluator.evaluate(otherwise, scope));
      else scope.set(name, new Undefined(`parameter '${name}' was not provided`));
    });
  }

  private callBlock({ call, signature, body }: Statement & { kind: 'call' }, scope: Scope): void {
    const callee = this.evaluator.evaluate(call.callee, scope);
    const { positional, named } = this.evaluator.arguments(call.args, scope);
    const caller = this.macro('caller', signature, body, scope);
    const result = this.evaluator.call(callee, {
      positional,
      named: new Map([...named, ['caller', caller]]),
    });
    this.write(toText(result, this.evaluator));
  }

  private open(body: Body, parent: Scope): Scope {
    const scope = new Scope(parent);
    this.hide(body, scope);
    return scope;
  }

  private hide(body: Body, scope: Scope): void {
    const names = body.hidden ?? [];
    this.budget.step(names.length);
    for (const name of names) scope.set(name, new Undefined(`'${name}' is undefined`));
  }

  private nested<T>(run: () => T): T {
    this.budget.enter();
    const result = run();
    this.budget.leave();
    return result;
  }
}
