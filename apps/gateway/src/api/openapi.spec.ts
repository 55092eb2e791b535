import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningService } from '@open-chatgpt/service';
import { startGateway } from '../testing/start-gateway';

interface Operation {
  summary?: string;
  description?: string;
  responses: Record<string, unknown>;
  security?: unknown[];
}

interface Schema {
  properties?: Record<string, { anyOf?: unknown[] }>;
  required?: string[];
}

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

describe('the OpenAPI document', () => {
  let folder: string;
  let gateway: RunningService;
  let document: Document;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'openapi-'));
    gateway = await startGateway(folder);
    document = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as Document;
  });
  afterAll(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
  });

  it('equals docs/openapi.json', () => {
    const committed = readFileSync(join(__dirname, '../../../../docs/openapi.json'), 'utf8');
    const same = JSON.stringify(JSON.parse(committed)) === JSON.stringify(document);
    const remedy = 'run: npx tsc -b apps/gateway && node apps/gateway/tools/publish-openapi.mjs';
    expect(same ? 'up to date' : `docs/openapi.json is out of date; ${remedy}`).toBe('up to date');
  });

  it('describes each operation, with its scope and its errors', () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    expect(operations.length).toBeGreaterThan(15);
    for (const operation of operations) {
      expect(operation.summary).toBeTruthy();
      expect(operation.description).toMatch(/Needs the scope `(read|submit|preferences|admin)`/);
      expect(operation.security).toEqual([{ bearer: [] }]);
      expect(operation.responses).toHaveProperty('default');
    }
    expect(Object.keys(document.paths).every((path) => path.startsWith('/v1/'))).toBe(true);
  });

  it('describes the fields of a pipeline', () => {
    const { Submission, PipelineFile } = document.components.schemas;
    expect(Submission.properties?.['pipeline'].anyOf).toContainEqual(
      expect.objectContaining({ $ref: '#/components/schemas/PipelineFile' }),
    );
    expect(PipelineFile.required).toEqual(['name', 'model', 'stages']);
    expect(JSON.stringify(PipelineFile)).toContain('peak learning rate of AdamW');
  });

  it('describes the options of a dataset', () => {
    const { DatasetRequest, DatasetOptions } = document.components.schemas;
    expect(DatasetRequest.properties?.['options']).toMatchObject({
      $ref: '#/components/schemas/DatasetOptions',
    });
    expect(Object.keys(DatasetOptions.properties ?? {})).toEqual(
      expect.arrayContaining(['limit', 'columns', 'cleaning', 'dedup', 'split', 'tokenization', 'sources']),
    );
  });

  it('has no broken reference', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, path]) => path,
    );
    expect(references.length).toBeGreaterThan(30);
    for (const reference of references) {
      const target = reference
        .split('/')
        .reduce<unknown>((at, name) => (at as Record<string, unknown>)?.[name], document);
      expect(target === undefined ? `${reference} is broken` : 'found').toBe('found');
    }
  });

  it('has a page that loads local files only', async () => {
    const page = await fetch(`${gateway.url}/docs`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    const html = await page.text();
    const sources = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source);
    expect(sources.length).toBeGreaterThan(2);
    for (const source of sources) {
      const asset = new URL(source, `${gateway.url}/docs`);
      expect(asset.origin).toBe(gateway.url);
      expect((await fetch(asset)).status).toBe(200);
    }
  });
});
