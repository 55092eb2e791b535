import type { Budget } from '../budget';
import { applyFilter, isFilter } from '../builtins/filters/filters';
import { GLOBALS } from '../builtins/globals';
import { applyTest, isTest } from '../builtins/tests';
import { atLine, runtimeError } from '../errors';
import type { CallArguments, Expression } from '../parser/nodes';
import type { Runtime } from '../runtime';
import { contains, equals, ordered } from '../values/compare';
import { Dict } from '../values/dict';
import { binary, signed } from '../values/operators';
import { slice, toList } from '../values/sequence';
import { toText } from '../values/text';
import { asText, integer, isCallable, truthy, typeName } from '../values/types';
import { type Arguments, Tuple, Undefined, type Value } from '../values/value';
import { getAttribute, getItem } from './access';
import type { Scope } from './scope';

const NO_ARGUMENTS: Arguments = { positional: [], named: new Map() };

/** Evaluates expressions, and is what built-in functions use of a rendering. */
export class Evaluator implements Runtime {
  constructor(
    readonly budget: Budget,
    readonly now: () => Date,
  ) {}

  /** The value of an expression. `filtered` is the input of a filter without one, in `{% filter %}`. */
  evaluate(node: Expression, scope: Scope, filtered?: Value): Value {
    this.budget.step();
    switch (node.kind) {
      case 'constant':
        return node.value;
      case 'name':
        return this.variable(node.name, scope);
      case 'list':
        return node.items.map((item) => this.evaluate(item, scope));
      case 'tuple':
        return new Tuple(node.items.map((item) => this.evaluate(item, scope)));
      case 'concat':
        return this.concatenate(node.parts, scope);
      case 'and': {
        const left = this.evaluate(node.left, scope);
        return truthy(left) ? this.evaluate(node.right, scope) : left;
      }
      case 'or': {
        const left = this.evaluate(node.left, scope);
        return truthy(left) ? left : this.evaluate(node.right, scope);
      }
      case 'not':
        return !truthy(this.evaluate(node.operand, scope));
      case 'condition':
        if (truthy(this.evaluate(node.test, scope))) return this.evaluate(node.then, scope);
        if (node.otherwise) return this.evaluate(node.otherwise, scope);
        return new Undefined('the condition is false and the expression has no "else"');
      default:
        try {
          return this.evaluateOperation(node, scope, filtered);
        } catch (error) {
          throw atLine(error, node.line);
        }
    }
  }

  call(callee: Value, args: Arguments): Value {
    if (callee instanceof Undefined) throw runtimeError(callee.reason);
    if (!isCallable(callee)) throw runtimeError(`'${typeName(callee)}' object is not callable`);
    return callee.call(args, this);
  }

  filter(name: string, value: Value, args: Arguments): Value {
    return applyFilter(name, value, args, this);
  }

  test(name: string, value: Value, { positional }: Arguments): boolean {
    if (name === 'filter') return isFilter(toText(value, this));
    if (name === 'test') return isTest(toText(value, this));
    return applyTest(name, value, positional, this);
  }

  attribute(value: Value, name: string): Value {
    return getAttribute(value, name);
  }

  item(value: Value, key: Value): Value {
    return getItem(value, key, this);
  }

  /** The arguments of a call, evaluated from left to right. */
  arguments(args: CallArguments, scope: Scope): Arguments {
    if (args.positional.length === 0 && args.named.length === 0 && !args.rest && !args.namedRest)
      return NO_ARGUMENTS;
    const positional = args.positional.map((argument) => this.evaluate(argument, scope));
    const named = new Map(args.named.map(({ name, value }) => [name, this.evaluate(value, scope)]));
    if (args.rest) for (const item of toList(this.evaluate(args.rest, scope), this)) positional.push(item);
    if (args.namedRest) {
      const more = this.evaluate(args.namedRest, scope);
      if (!(more instanceof Dict))
        throw runtimeError(`argument after ** must be a mapping, not ${typeName(more)}`);
      for (const [key, value] of more.entries(this.budget)) {
        const name = asText(key);
        if (name === null) throw runtimeError('keywords must be strings');
        if (named.has(name)) throw runtimeError(`a call gives "${name}" twice`);
        named.set(name, value);
      }
    }
    return { positional, named };
  }

  private variable(name: string, scope: Scope): Value {
    const value = scope.get(name);
    if (value !== undefined) return value;
    return GLOBALS.get(name) ?? new Undefined(`'${name}' is undefined`);
  }

  private evaluateOperation(node: Expression, scope: Scope, filtered?: Value): Value {
    switch (node.kind) {
      case 'attribute':
        return getAttribute(this.evaluate(node.object, scope), node.name);
      case 'item':
        return getItem(this.evaluate(node.object, scope), this.evaluate(node.key, scope), this);
      case 'slice':
        return this.slice(node, scope);
      case 'call':
        return this.call(this.evaluate(node.callee, scope), this.arguments(node.args, scope));
      case 'filter': {
        const value = node.value ? this.evaluate(node.value, scope, filtered) : (filtered ?? '');
        return applyFilter(node.name, value, this.arguments(node.args, scope), this);
      }
      case 'test':
        return this.test(node.name, this.evaluate(node.value, scope), this.arguments(node.args, scope));
      case 'dict': {
        const entries = node.entries.map(
          ({ key, value }) => [this.evaluate(key, scope), this.evaluate(value, scope)] as const,
        );
        return Dict.of(entries);
      }
      case 'negative':
        return signed('-', this.evaluate(node.operand, scope));
      case 'positive':
        return signed('+', this.evaluate(node.operand, scope));
      case 'binary':
        return binary(node.operator, this.evaluate(node.left, scope), this.evaluate(node.right, scope), this);
      case 'compare':
        return this.compare(node, scope);
      default:
        return null;
    }
  }

  private compare({ first, rest }: Expression & { kind: 'compare' }, scope: Scope): boolean {
    let left = this.evaluate(first, scope);
    for (const { operator, value } of rest) {
      const right = this.evaluate(value, scope);
      if (!this.holds(operator, left, right)) return false;
      left = right;
    }
    return true;
  }

  private holds(operator: string, left: Value, right: Value): boolean {
    switch (operator) {
      case '==':
        return equals(left, right, this);
      case '!=':
        return !equals(left, right, this);
      case 'in':
        return contains(right, left, this);
      case 'not in':
        return !contains(right, left, this);
      default:
        return ordered(operator as '<', left, right, this);
    }
  }

  private concatenate(parts: readonly Expression[], scope: Scope): string {
    let text = '';
    for (const part of parts) {
      text += toText(this.evaluate(part, scope), this);
      this.budget.fits(text.length);
    }
    return text;
  }

  private slice(node: Expression & { kind: 'slice' }, scope: Scope): Value {
    const object = this.evaluate(node.object, scope);
    const bound = (expression: Expression | undefined): number | null => {
      const value = expression ? this.evaluate(expression, scope) : null;
      return value === null ? null : integer(value);
    };
    const bounds = { start: bound(node.start), stop: bound(node.stop), step: bound(node.step) };
    if (object instanceof Undefined) throw runtimeError(object.reason);
    const part = slice(object, bounds, this);
    if (part === undefined) throw runtimeError(`'${typeName(object)}' object is not subscriptable`);
    return part;
  }
}
