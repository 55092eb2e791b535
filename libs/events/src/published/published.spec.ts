import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contractOf, eventTypes, TOPICS } from '../registry';
import { asyncApiDocument } from './asyncapi';
import { goldenEvent } from './example.fixture';
import { goldenEvents, releasedContracts } from './golden';
import { eventsPage } from './markdown';
import { breakingReleaseChanges, currentReleases } from './release';

const docs = join(__dirname, '../../../../docs');
const remedy = 'run: npx tsc -b libs/events && node libs/events/tools/publish.mjs';
const golden = goldenEvents();

/** Compares to a short text: the difference itself would be thousands of lines. */
const upToDate = (what: string, same: boolean) => (same ? 'up to date' : `${what} is out of date; ${remedy}`);

describe('released contracts', () => {
  it('are not broken', () => {
    expect(breakingReleaseChanges(releasedContracts())).toEqual([]);
  });

  it.each(eventTypes)('%s is committed', (type) => {
    const same = JSON.stringify(releasedContracts()[type]) === JSON.stringify(currentReleases()[type]);
    expect(upToDate(`golden/v1/schemas/${type}.json`, same)).toBe('up to date');
  });

  it.each(eventTypes)('the golden %s stays valid, with every field', (type) => {
    expect(goldenEvent(type).data).toEqual(golden[type].data);
    expect(golden[type].type).toBe(contractOf(type).cloudEventType);
  });

  it('have a golden event each', () => {
    expect(Object.keys(golden).sort()).toEqual([...eventTypes].sort());
  });

  it.each<[string, object, string]>([
    [
      'type',
      { type: 'openchatgpt.run.begun.v1' },
      'run.started: type changed from openchatgpt.run.started.v1 to openchatgpt.run.begun.v1',
    ],
    [
      'topic',
      { topic: 'openchatgpt.runs.v1' },
      'run.started: topic changed from openchatgpt.run.fact.v1 to openchatgpt.runs.v1',
    ],
    ['kind', { kind: 'command' }, 'run.started: kind changed from fact to command'],
    ['key', { key: ['runId', 'stage'] }, 'run.started: key changed from runId to runId,stage'],
    [
      'schema name',
      { dataschema: 'urn:x' },
      'run.started: dataschema changed from urn:openchatgpt:event:run.started:v1 to urn:x',
    ],
    ['data', { data: { type: 'array' } }, 'run.started: data: the type changed from "object" to "array"'],
  ])('a change of the %s is breaking', (_, change, message) => {
    const current = currentReleases();
    const changed = { ...current, 'run.started': { ...current['run.started'], ...change } };
    expect(breakingReleaseChanges(releasedContracts(), changed)).toEqual([message]);
  });

  it('the removal of an event is breaking, a new event is not', () => {
    const { 'run.started': removed, ...rest } = currentReleases();
    expect(breakingReleaseChanges(releasedContracts(), rest)).toEqual(['run.started: the event was removed']);
    expect(breakingReleaseChanges(rest, { ...rest, 'run.paused': removed })).toEqual([]);
  });
});

describe('generated documents', () => {
  const document = asyncApiDocument(golden);

  it('docs/asyncapi.json is up to date', () => {
    const committed = JSON.parse(readFileSync(join(docs, 'asyncapi.json'), 'utf8'));
    const same = JSON.stringify(committed) === JSON.stringify(document);
    expect(upToDate('docs/asyncapi.json', same)).toBe('up to date');
  });

  it('docs/events.md is up to date', () => {
    const same = readFileSync(join(docs, 'events.md'), 'utf8') === eventsPage(golden);
    expect(upToDate('docs/events.md', same)).toBe('up to date');
  });

  it('the AsyncAPI document has every topic and event, and no broken reference', () => {
    expect(Object.values(document.channels).map(({ address }) => address)).toEqual(
      TOPICS.map(({ name }) => name),
    );
    expect(Object.keys(document.components.messages)).toEqual(eventTypes);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, path]) => path,
    );
    expect(references.length).toBeGreaterThan(eventTypes.length * 3);
    for (const reference of references) {
      const target = reference
        .split('/')
        .reduce<unknown>((at, name) => (at as Record<string, unknown>)?.[name], document);
      expect(target === undefined ? `${reference} is broken` : 'found').toBe('found');
    }
  });

  it('published schemas allow fields of later versions', () => {
    expect(JSON.stringify(document.components.schemas)).not.toContain('"additionalProperties":false');
  });

  it('the page has a section for each event, and marks required fields', () => {
    const page = eventsPage(golden);
    for (const type of eventTypes) expect(page).toContain(`\n### ${type}\n`);
    expect(page).toContain('| `inputs.datasets[].manifest` | data reference | yes |');
    expect(page).toContain('| `pipelineId` | string, `^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$` |  | the pipeline');
    expect(page).toContain('examples/consumers/follow_run.py');
  });
});
