import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '../..');

/** The name of each signal that one source gives an operator. */
export interface Signals {
  /** Messages of log lines of level info and above. A part that only the running program knows is `…`. */
  messages: string[];
  /** Prometheus metrics. */
  metrics: string[];
  /** Names of `alert.raised` events. */
  alerts: string[];
  /** Reasons of conditions and of Kubernetes Events. */
  reasons: string[];
  /** Checks of `GET /health/ready`. */
  checks: string[];
  /** Places where a signal has a name that the source does not show, as `file:line`. */
  unnamed: string[];
}

const LOG_METHODS = new Set(['info', 'warn', 'error', 'fatal']);
const METRIC_METHODS = new Set(['counter', 'gauge', 'histogram', 'summary']);

/** The files of product code, relative to the root: those of apps and libs without specs and their helpers. */
export function productSources(): string[] {
  return ['libs', 'apps'].flatMap((group) =>
    readdirSync(join(ROOT, group), { recursive: true, encoding: 'utf8' })
      .filter(
        (file) => /^[^/]+\/src\/.*\.ts$/.test(file) && !/\.(spec|fixture|d)\.ts$|\/testing\//.test(file),
      )
      .map((file) => `${group}/${file}`),
  );
}

/** Finds the signals in a source. @param file its name in `unnamed` */
export function signalsOf(file: string, text: string): Signals {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const signals: Signals = { messages: [], metrics: [], alerts: [], reasons: [], checks: [], unnamed: [] };
  const add = (kind: Exclude<keyof Signals, 'unnamed'>, name: ts.Node): void => {
    const texts = textsOf(name, (unknown) => {
      const { line } = source.getLineAndCharacterOfPosition(unknown.getStart());
      signals.unnamed.push(`${file}:${line + 1}`);
    });
    signals[kind].push(...texts);
  };
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (isLogMethod(node)) add('messages', messageOf(node));
    if (ts.isCallExpression(node)) {
      const [first] = node.arguments;
      const method = ts.isPropertyAccessExpression(node.expression) ? node.expression : undefined;
      if (method?.name.text === 'add' && /health$/.test(method.expression.getText())) add('checks', first);
      if (method?.name.text === 'alert') add('alerts', first);
      // The adapter of the bus takes its names from the table METRICS.
      if (method && METRIC_METHODS.has(method.name.text)) signals.metrics.push(...textsOf(first));
    }
    if (ts.isNewExpression(node) && /^(Counter|Gauge|Histogram|Summary)$/.test(node.expression.getText()))
      signals.metrics.push(...textsOf(propertyOf(node.arguments?.[0], 'name')));
    if (ts.isVariableDeclaration(node) && node.name.getText() === 'METRICS')
      signals.metrics.push(...keysOf(node.initializer));
    if (ts.isObjectLiteralExpression(node) && textsOf(propertyOf(node, 'severity')).length > 0)
      signals.alerts.push(...textsOf(propertyOf(node, 'name')));
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'reason')
      signals.reasons.push(...textsOf(node.initializer));
  };
  visit(source);
  return signals;
}

/** A level of anything whose name ends with `logger`: `this.#logger.warn`, `logger?.info`, `logger[level]`. */
function isLogMethod(node: ts.Node): node is ts.PropertyAccessExpression | ts.ElementAccessExpression {
  const isElement = ts.isElementAccessExpression(node);
  if (!isElement && !(ts.isPropertyAccessExpression(node) && LOG_METHODS.has(node.name.text))) return false;
  return /logger!?$/i.test(node.expression.getText());
}

/** The message that a log method is called with; the method itself where it is not called, or its level is not known. */
function messageOf(method: ts.PropertyAccessExpression | ts.ElementAccessExpression): ts.Node {
  const call = method.parent;
  if (!ts.isCallExpression(call) || call.expression !== method || ts.isElementAccessExpression(method))
    return method;
  return call.arguments[Math.min(1, call.arguments.length - 1)];
}

function propertyOf(node: ts.Node | undefined, name: string): ts.Node | undefined {
  if (!node || !ts.isObjectLiteralExpression(node)) return undefined;
  const property = node.properties.find((one) => one.name?.getText() === name);
  return property && ts.isPropertyAssignment(property) ? property.initializer : undefined;
}

function keysOf(node: ts.Node | undefined): string[] {
  if (node && ts.isAsExpression(node)) return keysOf(node.expression);
  if (!node || !ts.isObjectLiteralExpression(node)) return [];
  return node.properties.map((property) => property.name!.getText());
}

/**
 * The texts that an expression may have, as far as the source shows them.
 * @param unknown called with each part of the expression whose text it does not show
 */
function textsOf(node: ts.Node | undefined, unknown: (part: ts.Node) => void = () => undefined): string[] {
  if (!node) return [];
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) {
    const text = [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…');
    if (/\p{L}/u.test(text)) return [text];
  }
  if (ts.isConditionalExpression(node))
    return [node.whenTrue, node.whenFalse].flatMap((one) => textsOf(one, unknown));
  if (ts.isAsExpression(node) || ts.isParenthesizedExpression(node)) return textsOf(node.expression, unknown);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const ends = textsOf(node.right, unknown);
    return textsOf(node.left, unknown).flatMap((start) => ends.map((end) => start + end));
  }
  // What stands before `??` is mostly a reason that another program gave.
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken)
    return textsOf(node.right, unknown);
  const named = ts.isElementAccessExpression(node) ? node.expression : node;
  const value = ts.isIdentifier(named) ? constantOf(named) : undefined;
  if (value && named === node) return textsOf(value, unknown);
  if (value && ts.isObjectLiteralExpression(value))
    return value.properties.flatMap((one) =>
      textsOf(ts.isPropertyAssignment(one) ? one.initializer : one, unknown),
    );
  unknown(node);
  return [];
}

/** The value of the only variable of this name in the file. */
function constantOf(identifier: ts.Identifier): ts.Expression | undefined {
  const found: ts.VariableDeclaration[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === identifier.text) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(identifier.getSourceFile());
  return found.length === 1 ? found[0].initializer : undefined;
}
