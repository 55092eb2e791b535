import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { parse } from 'yaml';

const root = join(__dirname, '..', '..');
const chart = join(root, 'helm', 'open-chatgpt');
const read = (...path: string[]) => readFileSync(join(...path), 'utf8');

interface Schema {
  $ref?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
  type?: string;
  items?: Schema;
  definitions?: Record<string, Schema>;
}

describe('the chart', () => {
  const values = parse(read(chart, 'values.yaml'));
  const schema: Schema = JSON.parse(read(chart, 'values.schema.json'));
  const resolve = (node: Schema): Schema =>
    node.$ref ? resolve(schema.definitions![node.$ref.split('/').at(-1)!]) : node;

  it('has a README with every value', () => {
    const { status, stderr } = spawnSync(process.execPath, [join(__dirname, 'readme.mjs'), '--check'], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  /** Values of the schema that have no default, and defaults that the schema does not know. */
  function differences(node: Schema, value: unknown, path: string): string[] {
    const { properties } = resolve(node);
    if (!properties || typeof value !== 'object' || value === null || Array.isArray(value)) return [];
    const defaults = value as Record<string, unknown>;
    return [
      ...Object.keys(defaults)
        .filter((key) => !(key in properties))
        .map((key) => `${path}${key} is not in the schema`),
      ...Object.entries(properties).flatMap(([key, child]) =>
        key in defaults
          ? differences(child, defaults[key], `${path}${key}.`)
          : path.endsWith('resources.')
            ? []
            : [`${path}${key} has no default`],
      ),
    ];
  }

  it('has a default for every value of its schema', () => {
    expect(differences(schema, values, '')).toEqual([]);
  });

  it('refuses unknown keys in every object with fixed keys', () => {
    const open: string[] = [];
    const visit = (node: Schema, path: string) => {
      if (node.properties && node.additionalProperties !== false) open.push(path);
      for (const [key, child] of Object.entries(node.properties ?? {})) visit(child, `${path}.${key}`);
      if (node.items) visit(node.items, `${path}[]`);
    };
    visit(schema, '');
    for (const [name, node] of Object.entries(schema.definitions!)) visit(node, name);
    expect(open).toEqual([]);
  });

  it('has the topics of the platform', () => {
    const { channels } = JSON.parse(read(root, 'docs', 'asyncapi.json'));
    const topics = Object.values<{ address: string }>(channels).map(({ address }) => address);
    expect(read(chart, 'files', 'topics.txt').split('\n')).toEqual(topics);
  });

  it('has the version of the platform', () => {
    const { version } = JSON.parse(read(root, 'package.json'));
    expect(parse(read(chart, 'Chart.yaml'))).toMatchObject({ appVersion: version });
  });
});

describe('queries of dashboards and alerts', () => {
  const dashboards = readdirSync(join(chart, 'files', 'dashboards')).map((file) => ({
    file,
    board: JSON.parse(read(chart, 'files', 'dashboards', file)),
  }));
  const alerts = parse(read(chart, 'files', 'alerts.yaml')).groups.flatMap(
    ({ rules }: { rules: { alert: string; expr: string }[] }) => rules,
  );
  const queries: [string, string][] = [
    ...dashboards.flatMap(({ file, board }) =>
      board.panels.flatMap(({ title, targets }: { title: string; targets: { expr: string }[] }) =>
        targets.map(({ expr }): [string, string] => [`${file}: ${title}`, expr]),
      ),
    ),
    ...alerts.map(({ alert, expr }: { alert: string; expr: string }): [string, string] => [alert, expr]),
  ];

  /** Names in quotes, or keys of a table, anywhere in the sources: as metrics are declared. */
  function declared(): Set<string> {
    const names = new Set(['up']);
    for (const group of ['libs', 'apps'])
      for (const entry of readdirSync(join(root, group), { recursive: true, withFileTypes: true })) {
        if (
          !entry.isFile() ||
          !/(?<!\.spec)\.ts$/.test(entry.name) ||
          /node_modules|dist/.test(entry.parentPath)
        )
          continue;
        const text = read(entry.parentPath, entry.name);
        for (const [, quoted, key] of text.matchAll(
          /'([a-z0-9:]+_[a-z0-9_:]+)'|^ {2}([a-z0-9]+_[a-z0-9_]+): \{$/gm,
        ))
          names.add(quoted ?? key);
      }
    const registry = new Registry();
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 2 ** 31 - 1 });
    for (const { name } of registry.getMetricsAsArray()) names.add(name);
    return names;
  }

  /** What is left of an expression without its labels, ranges, grouping, functions and numbers. */
  function metricsOf(expression: string): string[] {
    const bare = expression
      .replace(/"[^"]*"/g, '')
      .replace(/\{[^}]*\}|\[[^\]]*\]/g, ' ')
      .replace(/\b(by|on|without|ignoring)\s*\([^)]*\)/g, ' ')
      .replace(/[a-z_]+\s*\(/g, ' ')
      .replace(/\b(and|or|unless|bool|sum|max|min|avg|count)\b/g, ' ');
    return [...bare.matchAll(/[a-zA-Z_:][a-zA-Z0-9_:]*/g)].map(([name]) =>
      name.replace(/_(bucket|count|sum)$/, ''),
    );
  }

  const known = declared();

  it.each(queries)('%s asks for metrics that exist', (_, expression) => {
    const metrics = metricsOf(expression);
    expect(metrics.length).toBeGreaterThan(0);
    for (const metric of metrics) expect(known).toContain(metric);
  });

  it('are in four dashboards with different ids', () => {
    expect(dashboards.map(({ board }) => board.uid).toSorted()).toEqual([
      'open-chatgpt-bus',
      'open-chatgpt-ppo',
      'open-chatgpt-serving',
      'open-chatgpt-training',
    ]);
  });

  it('have a reason and a remedy', () => {
    for (const alert of alerts)
      expect(alert).toEqual({
        alert: expect.stringMatching(/^OpenChatGpt/),
        expr: expect.any(String),
        for: expect.any(String),
        severity: expect.stringMatching(/^(warning|critical)$/),
        summary: expect.any(String),
        description: expect.any(String),
      });
  });
});

describe('k8s/samples/quickstart.yaml', () => {
  it('is examples/quickstart.yaml as a resource', () => {
    const { name, ...example } = parse(read(root, 'examples', 'quickstart.yaml'));
    const { metadata, spec } = parse(read(root, 'k8s', 'samples', 'quickstart.yaml'));
    const { rollouts, ...pipeline } = spec;
    expect({ name: metadata.name, pipeline }).toEqual({ name, pipeline: example });
    expect(rollouts.replicas).toBe(2);
  });
});
