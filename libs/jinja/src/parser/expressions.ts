import { describe } from '../lexer/token';
import type { BinaryOperator, CallArguments, ComparisonOperator, Expression } from './nodes';
import type { TokenStream } from './token-stream';

const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>=']);
const STARTS_TEST_ARGUMENT = new Set(['name', 'string', 'integer', 'float', '(', '[', '{']);

/** Parses an expression, without a trailing `if` where that would be read as part of a loop. */
export function parseExpression(stream: TokenStream, withCondition = true): Expression {
  return stream.nested(() => (withCondition ? parseCondition(stream) : parseOr(stream)));
}

/** One expression, or a tuple of several with commas. */
export function parseTuple(
  stream: TokenStream,
  options: { withCondition?: boolean; parentheses?: boolean; endsAt?: string } = {},
): Expression {
  const { line } = stream.current;
  const items: Expression[] = [];
  let isTuple = false;
  for (;;) {
    if (items.length > 0) stream.expect(',');
    const ends = ['variable_end', 'block_end', ')'].some((type) => stream.is(type));
    if (ends || (options.endsAt && stream.isName(options.endsAt))) break;
    items.push(parseExpression(stream, options.withCondition));
    if (!stream.is(',')) break;
    isTuple = true;
  }
  if (!isTuple && items.length === 1) return items[0];
  if (!isTuple && !options.parentheses)
    stream.fail(`expected an expression, found ${describe(stream.current)}`);
  return { kind: 'tuple', items, line };
}

function parseCondition(stream: TokenStream): Expression {
  const { line } = stream.current;
  let then = parseOr(stream);
  while (stream.skipName('if')) {
    const test = parseOr(stream);
    const otherwise = stream.skipName('else') ? stream.nested(() => parseCondition(stream)) : undefined;
    then = { kind: 'condition', test, then, otherwise, line };
  }
  return then;
}

function parseOr(stream: TokenStream): Expression {
  const { line } = stream.current;
  let left = parseAnd(stream);
  while (stream.skipName('or')) left = { kind: 'or', left, right: parseAnd(stream), line };
  return left;
}

function parseAnd(stream: TokenStream): Expression {
  const { line } = stream.current;
  let left = parseNot(stream);
  while (stream.skipName('and')) left = { kind: 'and', left, right: parseNot(stream), line };
  return left;
}

function parseNot(stream: TokenStream): Expression {
  const { line } = stream.current;
  if (!stream.skipName('not')) return parseComparison(stream);
  return { kind: 'not', operand: stream.nested(() => parseNot(stream)), line };
}

function parseComparison(stream: TokenStream): Expression {
  const { line } = stream.current;
  const first = parseSum(stream);
  const rest: { operator: ComparisonOperator; value: Expression }[] = [];
  for (;;) {
    let operator: ComparisonOperator;
    if (COMPARISONS.has(stream.current.type)) operator = stream.next().type as ComparisonOperator;
    else if (stream.skipName('in')) operator = 'in';
    else if (stream.isName('not') && stream.following.type === 'name' && stream.following.value === 'in') {
      stream.next();
      stream.next();
      operator = 'not in';
    } else break;
    rest.push({ operator, value: parseSum(stream) });
  }
  return rest.length === 0 ? first : { kind: 'compare', first, rest, line };
}

function parseBinary(
  stream: TokenStream,
  operators: readonly string[],
  operand: () => Expression,
): Expression {
  const { line } = stream.current;
  let left = operand();
  while (operators.includes(stream.current.type)) {
    const operator = stream.next().type as BinaryOperator;
    left = { kind: 'binary', operator, left, right: operand(), line };
  }
  return left;
}

const parseSum = (stream: TokenStream) => parseBinary(stream, ['+', '-'], () => parseConcat(stream));

function parseConcat(stream: TokenStream): Expression {
  const { line } = stream.current;
  const parts = [parseProduct(stream)];
  while (stream.skip('~')) parts.push(parseProduct(stream));
  return parts.length === 1 ? parts[0] : { kind: 'concat', parts, line };
}

const parseProduct = (stream: TokenStream) =>
  parseBinary(stream, ['*', '/', '//', '%'], () => parseBinary(stream, ['**'], () => parseUnary(stream)));

/** Jinja binds a sign tighter than `**` and than a filter: `-1|abs` is `(-1)|abs`. */
function parseUnary(stream: TokenStream, withFilter = true): Expression {
  const { line, type } = stream.current;
  let node: Expression;
  if (type === '-' || type === '+') {
    stream.next();
    const operand = stream.nested(() => parseUnary(stream, false));
    node = { kind: type === '-' ? 'negative' : 'positive', operand, line };
  } else node = parsePrimary(stream);
  node = parsePostfix(stream, node);
  return withFilter ? parseFiltersAndTests(stream, node) : node;
}

function parsePrimary(stream: TokenStream): Expression {
  const token = stream.next();
  const { line, value } = token;
  switch (token.type) {
    case 'name':
      return parseName(stream, value, line);
    case 'string': {
      let text = value;
      while (stream.is('string')) text += stream.next().value;
      return { kind: 'constant', value: text, line };
    }
    case 'integer':
      return { kind: 'constant', value: BigInt(value.replaceAll('_', '')), line };
    case 'float':
      return { kind: 'constant', value: Number(value.replaceAll('_', '')), line };
    case '(': {
      const inner = stream.nested(() => parseTuple(stream, { parentheses: true }));
      stream.expect(')');
      return inner;
    }
    case '[':
      return { kind: 'list', items: parseItems(stream, ']', () => parseExpression(stream)), line };
    case '{': {
      const entries = parseItems(stream, '}', () => {
        const key = parseExpression(stream);
        stream.expect(':');
        return { key, value: parseExpression(stream) };
      });
      return { kind: 'dict', entries, line };
    }
    default:
      return stream.fail(`expected an expression, found ${describe(token)}`, line);
  }
}

function parseName(stream: TokenStream, name: string, line: number): Expression {
  if (name === 'true' || name === 'True') return { kind: 'constant', value: true, line };
  if (name === 'false' || name === 'False') return { kind: 'constant', value: false, line };
  if (name === 'none' || name === 'None') return { kind: 'constant', value: null, line };
  stream.macros.at(-1)?.add(name);
  return { kind: 'name', name, line };
}

function parseItems<T>(stream: TokenStream, end: string, parse: () => T): T[] {
  const items: T[] = [];
  while (!stream.is(end)) {
    if (items.length > 0) {
      stream.expect(',');
      if (stream.is(end)) break;
    }
    items.push(parse());
  }
  stream.expect(end);
  return items;
}

function parsePostfix(stream: TokenStream, start: Expression): Expression {
  let node = start;
  for (;;) {
    const { type, line } = stream.current;
    if (type === '.') node = parseAttribute(stream, node);
    else if (type === '[') node = parseSubscript(stream, node);
    else if (type === '(') node = { kind: 'call', callee: node, args: parseArguments(stream), line };
    else return node;
  }
}

function parseAttribute(stream: TokenStream, object: Expression): Expression {
  const { line } = stream.next();
  const token = stream.next();
  if (token.type === 'name') return { kind: 'attribute', object, name: token.value, line };
  if (token.type !== 'integer') stream.fail('expected a name or a number after "."', token.line);
  return { kind: 'item', object, key: { kind: 'constant', value: BigInt(token.value), line }, line };
}

function parseSubscript(stream: TokenStream, object: Expression): Expression {
  const { line } = stream.next();
  const parts: (Expression | undefined)[] = [];
  let colons = 0;
  while (!stream.is(']') && !stream.is(',')) {
    if (stream.skip(':')) {
      if (++colons > 2) stream.fail('a slice has at most two colons');
    } else parts[colons] = parseExpression(stream);
  }
  if (colons === 0 && stream.is(',')) {
    const items = [parts[0] as Expression];
    while (stream.skip(',')) items.push(parseExpression(stream));
    parts[0] = { kind: 'tuple', items, line };
  }
  stream.expect(']');
  if (colons > 0) return { kind: 'slice', object, start: parts[0], stop: parts[1], step: parts[2], line };
  const [key] = parts;
  return key
    ? { kind: 'item', object, key, line }
    : stream.fail('expected an index between "[" and "]"', line);
}

/** The arguments in parentheses. */
function parseArguments(stream: TokenStream): CallArguments {
  const { line } = stream.expect('(');
  const args: CallArguments = { positional: [], named: [] };
  const allow = (allowed: boolean) => {
    if (!allowed) stream.fail('the arguments are out of order', line);
  };
  parseItems(stream, ')', () => {
    if (stream.skip('*')) {
      allow(!args.rest && !args.namedRest);
      args.rest = parseExpression(stream);
    } else if (stream.skip('**')) {
      allow(!args.namedRest);
      args.namedRest = parseExpression(stream);
    } else if (stream.is('name') && stream.following.type === '=') {
      allow(!args.namedRest);
      const name = stream.next().value;
      stream.next();
      args.named.push({ name, value: parseExpression(stream) });
    } else {
      allow(!args.rest && !args.namedRest && args.named.length === 0);
      args.positional.push(parseExpression(stream));
    }
  });
  return args;
}

function parseFiltersAndTests(stream: TokenStream, start: Expression): Expression {
  let node = start;
  for (;;) {
    const { line } = stream.current;
    if (stream.is('|')) node = parseFilters(stream, node) as Expression;
    else if (stream.isName('is')) node = parseTest(stream, node);
    else if (stream.is('(')) node = { kind: 'call', callee: node, args: parseArguments(stream), line };
    else return node;
  }
}

/** `| name(arguments) | …`; inside `{% filter %}` the first has no bar. */
export function parseFilters(
  stream: TokenStream,
  start: Expression | undefined,
  withoutBar = false,
): Expression | undefined {
  let value = start;
  for (let first = withoutBar; first || stream.is('|'); first = false) {
    if (!first) stream.next();
    const { line } = stream.current;
    const name = parseDottedName(stream);
    const args = stream.is('(') ? parseArguments(stream) : { positional: [], named: [] };
    value = { kind: 'filter', value, name, args, line };
  }
  return value;
}

function parseTest(stream: TokenStream, value: Expression): Expression {
  const { line } = stream.next();
  const negated = stream.skipName('not');
  const name = parseDottedName(stream);
  let args: CallArguments = { positional: [], named: [] };
  if (stream.is('(')) args = parseArguments(stream);
  else if (STARTS_TEST_ARGUMENT.has(stream.current.type) && !stream.isName('else', 'or', 'and')) {
    if (stream.isName('is')) stream.fail('a test cannot follow a test; use parentheses');
    args = { positional: [parsePostfix(stream, parsePrimary(stream))], named: [] };
  }
  const test: Expression = { kind: 'test', value, name, args, line };
  return negated ? { kind: 'not', operand: test, line } : test;
}

function parseDottedName(stream: TokenStream): string {
  let name = stream.expect('name').value;
  while (stream.skip('.')) name += `.${stream.expect('name').value}`;
  return name;
}
