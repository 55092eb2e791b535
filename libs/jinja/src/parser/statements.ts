import { TemplateError } from '../errors';
import { describe } from '../lexer/token';
import { tokenize } from '../lexer/tokenize';
import { parseExpression, parseFilters, parseTuple } from './expressions';
import { hideNames } from './hidden-names';
import type { Body, Expression, Signature, Statement, Target } from './nodes';
import { TokenStream } from './token-stream';

/** Where `{% break %}` may stand. */
interface Place {
  insideLoop: boolean;
}

const TOP: Place = { insideLoop: false };
const RESERVED = new Set(['true', 'false', 'none', 'True', 'False', 'None']);

/** Parses a template. @throws TemplateError of kind `syntax` or `unsupported` */
export function parse(template: string): Body {
  const stream = new TokenStream(tokenize(template));
  const body = parseBody(stream, [], TOP);
  hideNames(body);
  return body;
}

/** Statements up to one of the tags `ends`, which stays the current token; without `ends`, up to the end of the template. */
function parseBody(stream: TokenStream, ends: readonly string[], place: Place): Body {
  const body: Body = [];
  for (;;) {
    const { type, value, line } = stream.current;
    if (type === 'eof') {
      if (ends.length > 0)
        stream.fail(`expected {% ${ends.join(' %} or {% ')} %}, found the end of the template`);
      return body;
    }
    stream.next();
    if (type === 'data') body.push({ kind: 'text', text: value, line });
    else if (type === 'variable_begin') {
      body.push({ kind: 'print', value: parseTuple(stream), line });
      stream.expect('variable_end');
    } else {
      if (stream.isName(...ends)) return body;
      body.push(...stream.nested(() => parseStatement(stream, place, ends)));
      stream.expect('block_end');
    }
  }
}

/** The body of a tag, after its head: to its end tag, which is consumed except for its block_end. */
function parseBlock(stream: TokenStream, ends: readonly string[], place: Place): { body: Body; end: string } {
  stream.skip(':');
  stream.expect('block_end');
  const body = parseBody(stream, ends, place);
  return { body, end: stream.next().value };
}

function parseStatement(stream: TokenStream, place: Place, ends: readonly string[]): Statement[] {
  const tag = stream.current;
  if (tag.type !== 'name') stream.fail(`expected the name of a tag, found ${describe(tag)}`);
  stream.next();
  const { line } = tag;
  switch (tag.value) {
    case 'if':
      return [{ ...parseIf(stream, place), line }];
    case 'for':
      return [{ ...parseFor(stream, place), line }];
    case 'set':
      return [{ ...parseSet(stream, place), line }];
    case 'break':
    case 'continue':
      if (!place.insideLoop) stream.fail(`{% ${tag.value} %} stands outside a loop`, line);
      return [{ kind: tag.value, line }];
    case 'print':
      return parsePrint(stream).map((value) => ({ kind: 'print', value, line }));
    case 'with':
      return [{ ...parseWith(stream, place), line }];
    case 'macro': {
      const name = stream.expect('name').value;
      return [{ kind: 'macro', name, ...parseCallable(stream, 'endmacro', true), line }];
    }
    case 'call':
      return [{ ...parseCall(stream), line }];
    case 'filter': {
      const filter = parseFilters(stream, undefined, true) as Expression;
      return [{ kind: 'filter block', filter, body: parseBlock(stream, ['endfilter'], place).body, line }];
    }
    case 'generation':
      return [{ kind: 'scope', body: parseBlock(stream, ['endgeneration'], TOP).body, line }];
    case 'autoescape':
      return [{ ...parseAutoescape(stream, place), line }];
    case 'block': {
      const name = stream.expect('name').value;
      while (stream.skipName('scoped') || stream.skipName('required'));
      const { body } = parseBlock(stream, ['endblock'], TOP);
      stream.skipName(name);
      return [{ kind: 'block', body, line }];
    }
    case 'include':
    case 'import':
    case 'from':
    case 'extends':
      throw new TemplateError(
        'unsupported',
        `{% ${tag.value} %} needs a second template; a chat template has one`,
        line,
      );
    default: {
      const hint = ends.length > 0 ? `; {% ${ends.join(' %} or {% ')} %} is missing before it` : '';
      return stream.fail(`the tag {% ${tag.value} %} is unknown${hint}`, line);
    }
  }
}

function parseIf(stream: TokenStream, place: Place) {
  const branches: { test: Expression; body: Body }[] = [];
  for (;;) {
    const test = parseTuple(stream, { withCondition: false });
    const { body, end } = parseBlock(stream, ['elif', 'else', 'endif'], place);
    branches.push({ test, body });
    if (end === 'elif') continue;
    const otherwise = end === 'else' ? parseBlock(stream, ['endif'], place).body : [];
    return { kind: 'if' as const, branches, otherwise };
  }
}

function parseFor(stream: TokenStream, place: Place) {
  const target = parseTarget(stream, 'in');
  stream.expectName('in');
  const iterable = parseTuple(stream, { withCondition: false, endsAt: 'recursive' });
  const filter = stream.skipName('if') ? parseExpression(stream) : undefined;
  const recursive = stream.skipName('recursive');
  const { body, end } = parseBlock(stream, ['endfor', 'else'], { insideLoop: true });
  const otherwise = end === 'else' ? parseBlock(stream, ['endfor'], place).body : [];
  return { kind: 'for' as const, target, iterable, filter, recursive, body, otherwise };
}

function parseSet(stream: TokenStream, place: Place) {
  const target = parseTarget(stream, null, true);
  if (stream.skip('=')) return { kind: 'set' as const, target, value: parseTuple(stream) };
  const filter = parseFilters(stream, undefined);
  return { kind: 'set block' as const, target, filter, body: parseBlock(stream, ['endset'], place).body };
}

function parsePrint(stream: TokenStream): Expression[] {
  const values: Expression[] = [];
  while (!stream.is('block_end')) {
    if (values.length > 0) stream.expect(',');
    values.push(parseExpression(stream));
  }
  return values;
}

function parseWith(stream: TokenStream, place: Place) {
  const assignments: { target: Target; value: Expression }[] = [];
  while (!stream.is('block_end')) {
    if (assignments.length > 0) stream.expect(',');
    const target = parseTarget(stream, null);
    stream.expect('=');
    assignments.push({ target, value: parseExpression(stream) });
  }
  return { kind: 'with' as const, assignments, body: parseBlock(stream, ['endwith'], place).body };
}

function parseCall(stream: TokenStream) {
  const { line } = stream.current;
  const parameters = stream.is('(') ? parseParameters(stream) : [];
  const call = parseExpression(stream);
  if (call.kind !== 'call') return stream.fail('{% call %} expects a call of a macro', line);
  return { kind: 'call' as const, call, ...parseCallable(stream, 'endcall', false, parameters) };
}

function parseAutoescape(stream: TokenStream, place: Place) {
  const { line } = stream.current;
  const enabled = parseExpression(stream);
  if (enabled.kind !== 'constant' || enabled.value !== false)
    throw new TemplateError('unsupported', 'only {% autoescape false %} is supported', line);
  return { kind: 'scope' as const, body: parseBlock(stream, ['endautoescape'], place).body };
}

/** The parameters (read here, unless given) and the body of a macro or a call block. */
function parseCallable(
  stream: TokenStream,
  end: string,
  readParameters: boolean,
  given: Signature['parameters'] = [],
) {
  const names = new Set<string>();
  stream.macros.push(names);
  const parameters = readParameters ? parseParameters(stream) : given;
  const { body } = parseBlock(stream, [end], TOP);
  stream.macros.pop();
  // What an inner macro uses may come from this one.
  for (const name of names) stream.macros.at(-1)?.add(name);
  const uses = { varargs: names.has('varargs'), kwargs: names.has('kwargs'), caller: names.has('caller') };
  return { signature: { parameters, uses }, body };
}

function parseParameters(stream: TokenStream): Signature['parameters'] {
  const parameters: Signature['parameters'] = [];
  stream.expect('(');
  while (!stream.is(')')) {
    if (parameters.length > 0) stream.expect(',');
    const name = stream.expect('name').value;
    if (stream.skip('=')) parameters.push({ name, default: parseExpression(stream) });
    else if (parameters.at(-1)?.default)
      stream.fail(`the parameter "${name}" needs a default, like the one before it`);
    else parameters.push({ name });
  }
  stream.next();
  return parameters;
}

/** What a loop or an assignment sets: a name, several, or an attribute of a namespace. */
function parseTarget(stream: TokenStream, endsAt: string | null, withNamespace = false): Target {
  const items: Target[] = [];
  let isTuple = false;
  for (;;) {
    if (items.length > 0) stream.expect(',');
    if (['variable_end', 'block_end', ')', '='].some((type) => stream.is(type))) break;
    if (endsAt !== null && stream.isName(endsAt)) break;
    items.push(parseSingleTarget(stream, withNamespace));
    if (!stream.is(',')) break;
    isTuple = true;
  }
  if (items.length === 0) stream.fail(`expected the name of a variable, found ${describe(stream.current)}`);
  return isTuple ? { kind: 'tuple', items } : items[0];
}

function parseSingleTarget(stream: TokenStream, withNamespace: boolean): Target {
  if (stream.skip('(')) {
    const inner = stream.nested(() => parseTarget(stream, null, withNamespace));
    stream.expect(')');
    return inner;
  }
  const { value: name, line } = stream.expect('name');
  if (RESERVED.has(name)) stream.fail(`"${name}" cannot be assigned`, line);
  if (withNamespace && stream.skip('.')) {
    stream.macros.at(-1)?.add(name);
    return { kind: 'namespace', name, attribute: stream.expect('name').value };
  }
  return { kind: 'name', name };
}
