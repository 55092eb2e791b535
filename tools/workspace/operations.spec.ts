import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { productSources, type Signals, signalsOf } from './signals';

const read = (file: string) => readFileSync(join(__dirname, '../..', file), 'utf8');

const PAGE = 'docs/operations.md';
const named = [...read(PAGE).matchAll(/`([^`\n]+)`/g)].map(([, text]) => text);

/** Whether the page has the name as code. Its part `…` may stand there as anything. */
function isNamed(name: string): boolean {
  const parts = name.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const pattern = new RegExp(`^${parts.join('.+')}$`);
  return named.some((text) => pattern.test(text));
}

const missing = (names: readonly string[]) => [...new Set(names)].filter((name) => !isNamed(name));

describe(PAGE, () => {
  const found = productSources().map((file) => ({ file, signals: signalsOf(file, read(file)) }));
  const all = (kind: keyof Signals) => found.flatMap(({ signals }) => signals[kind]);

  it.each<[keyof Signals, string]>([
    ['messages', 'A message is moved to the dead-letter queue'],
    ['metrics', 'messaging_lag'],
    ['alerts', 'MessagesBlocked'],
    ['checks', 'store'],
  ])('names all %s of the sources', (kind, known) => {
    expect(all(kind)).toContain(known);
    expect(missing(all(kind))).toEqual([]);
  });

  it('names all reasons of the operator', () => {
    const ofOperator = found.filter(({ file }) => file.startsWith('apps/operator/'));
    const reasons = ofOperator.flatMap(({ signals }) => signals.reasons);
    expect(reasons).toContain('InsufficientDevices');
    expect(missing(reasons)).toEqual([]);
  });

  it('names all alerts of the chart', () => {
    const { groups } = parse(read('helm/open-chatgpt/files/alerts.yaml')) as {
      groups: { rules: { alert: string }[] }[];
    };
    const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
    expect(alerts).toContain('OpenChatGptRunStalled');
    expect(missing(alerts)).toEqual([]);
  });

  // An operator cannot look up a message that only the running program knows.
  it('can name each of them: the sources write the text where it is logged or raised', () => {
    expect(all('unnamed')).toEqual([]);
  });
});

describe('the signals of a source', () => {
  const signals = (text: string) => signalsOf('libs/a/src/a.ts', text);

  it.each<[string, string[]]>([
    ["this.#logger.warn({ a }, 'one');", ['one']],
    ["options.logger?.error({}, ok ? 'one' : 'two')", ['one', 'two']],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a source.
    ['logger.fatal({ a }, `one ${b}: ${c}`)', ['one …: …']],
    ["logger.info('one ' +\n 'and two')", ['one and two']],
    [
      "const TEXTS = { a: 'one', b: 'two' }; const text = TEXTS[type]; logger.info({}, text);",
      ['one', 'two'],
    ],
    ["this.warn('one'); console.error('two'); logger.debug({}, 'three');", []],
  ])('messages of %s', (text, messages) => {
    expect(signals(text)).toMatchObject({ messages, unnamed: [] });
  });

  it.each([
    'logger.warn({}, message)',
    "logger.warn({}, ok ? 'one' : message)",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a source.
    'logger.warn({}, `${name}: ${message}`)',
    'const warn = logger.warn;',
    "logger[level]({}, 'one')",
  ])('refuses %s, whose message or level it does not know', (text) =>
    expect(signals(`\n${text}`).unnamed).toEqual(['libs/a/src/a.ts:2']),
  );

  it('metrics, alerts, checks', () => {
    const text = `
      metrics.counter('a_total', 'help');
      new Gauge({ name: 'b', help });
      export const METRICS = { c_seconds: { type: 'gauge' } } as const;
      events.publish('alert.raised', { name: 'Stalled', severity: 'critical' as const });
      this.alert('Full', message);
      health.add('store', () => check());`;
    expect(signals(text)).toMatchObject({
      metrics: ['a_total', 'b', 'c_seconds'],
      alerts: ['Stalled', 'Full'],
      checks: ['store'],
    });
  });
});
