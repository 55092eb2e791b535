import type { Body, CallArguments, Expression, Signature, Statement, Target } from './nodes';

/** The names that a scope and those around it use. */
class Names {
  readonly used = new Set<string>();
  readonly hidden = new Set<string>();

  constructor(private readonly parent: Names | null) {}

  knows(name: string): boolean {
    return this.used.has(name) || (this.parent?.knows(name) ?? false);
  }

  /** `conditional`: inside an `if`, which may not run. */
  store(name: string, conditional: boolean): void {
    if (!conditional && !this.knows(name)) this.hidden.add(name);
    this.used.add(name);
  }
}

/**
 * Finds the names that each scope assigns before it reads them. Jinja makes them variables of the scope, which are undefined
 * until the assignment, also for loops and macros inside that run before it: a variable of the rendering with this name is
 * hidden from the start. (jinja2/idtracking.py)
 */
export function hideNames(body: Body): void {
  visitScope(body, new Names(null));
}

function visitScope(body: Body, names: Names): void {
  const inner: (() => void)[] = [];
  visitBody(body, names, false, inner);
  body.hidden = [...names.hidden];
  for (const visit of inner) visit();
}

function visitBody(
  body: readonly Statement[],
  names: Names,
  conditional: boolean,
  inner: (() => void)[],
): void {
  const load = (expression: Expression | undefined) => {
    if (expression) readNames(expression, (name) => names.used.add(name));
  };
  const store = (target: Target) => {
    for (const { name, isNamespace } of targetNames(target))
      if (isNamespace) names.used.add(name);
      else names.store(name, conditional);
  };
  /** A scope inside this one, which is visited when all names of this one are known. */
  const scope = (statements: Body, ...own: string[]) => {
    inner.push(() => {
      const inside = new Names(names);
      for (const name of own) inside.used.add(name);
      visitScope(statements, inside);
    });
  };
  const callable = (signature: Signature, statements: Body) =>
    scope(statements, ...signature.parameters.map(({ name }) => name), 'caller', 'kwargs', 'varargs');

  for (const statement of body) {
    switch (statement.kind) {
      case 'print':
        load(statement.value);
        break;
      case 'if':
        load(statement.branches[0].test);
        for (const [i, branch] of statement.branches.entries()) {
          if (i > 0) load(branch.test);
          visitBody(branch.body, names, true, inner);
        }
        visitBody(statement.otherwise, names, true, inner);
        break;
      case 'for':
        load(statement.iterable);
        scope(statement.body, 'loop', ...targetNames(statement.target).map(({ name }) => name));
        scope(statement.otherwise);
        break;
      case 'set':
        load(statement.value);
        store(statement.target);
        break;
      case 'set block':
        store(statement.target);
        scope(statement.body);
        break;
      case 'filter block':
        load(statement.filter);
        scope(statement.body);
        break;
      case 'with':
        for (const { value } of statement.assignments) load(value);
        scope(
          statement.body,
          ...statement.assignments.flatMap(({ target }) => targetNames(target).map(({ name }) => name)),
        );
        break;
      case 'macro':
        names.store(statement.name, conditional);
        callable(statement.signature, statement.body);
        break;
      case 'call':
        load(statement.call);
        callable(statement.signature, statement.body);
        break;
      case 'scope':
        scope(statement.body);
        break;
      case 'block':
        inner.push(() => visitScope(statement.body, new Names(null)));
        break;
    }
  }
}

function targetNames(target: Target): { name: string; isNamespace: boolean }[] {
  if (target.kind === 'tuple') return target.items.flatMap(targetNames);
  return [{ name: target.name, isNamespace: target.kind === 'namespace' }];
}

/** Calls `read` with each name of an expression. */
function readNames(expression: Expression, read: (name: string) => void): void {
  const visit = (node: Expression | undefined) => {
    if (node) readNames(node, read);
  };
  const visitArguments = ({ positional, named, rest, namedRest }: CallArguments) => {
    positional.forEach(visit);
    for (const { value } of named) visit(value);
    visit(rest);
    visit(namedRest);
  };
  switch (expression.kind) {
    case 'constant':
      break;
    case 'name':
      read(expression.name);
      break;
    case 'list':
    case 'tuple':
      expression.items.forEach(visit);
      break;
    case 'dict':
      for (const { key, value } of expression.entries) [key, value].forEach(visit);
      break;
    case 'attribute':
      visit(expression.object);
      break;
    case 'item':
      [expression.object, expression.key].forEach(visit);
      break;
    case 'slice':
      [expression.object, expression.start, expression.stop, expression.step].forEach(visit);
      break;
    case 'call':
      visit(expression.callee);
      visitArguments(expression.args);
      break;
    case 'filter':
    case 'test':
      visit(expression.value);
      visitArguments(expression.args);
      break;
    case 'negative':
    case 'positive':
    case 'not':
      visit(expression.operand);
      break;
    case 'binary':
    case 'and':
    case 'or':
      [expression.left, expression.right].forEach(visit);
      break;
    case 'concat':
      expression.parts.forEach(visit);
      break;
    case 'compare':
      visit(expression.first);
      for (const { value } of expression.rest) visit(value);
      break;
    case 'condition':
      [expression.test, expression.then, expression.otherwise].forEach(visit);
      break;
  }
}
