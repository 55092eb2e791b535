import type { RunningInference } from '../start-inference';
import { startWith } from '../testing/inference';

interface Document {
  openapi: string;
  paths: Record<string, Record<string, { summary?: string; description?: string; responses: object }>>;
  components: { schemas: Record<string, { properties?: Record<string, object> }> };
}

describe('the OpenAPI document of the server', () => {
  let service: RunningInference;
  let document: Document;

  beforeAll(async () => {
    service = await startWith({ INFERENCE_MODELS: 'gone=/nowhere' });
    document = (await (await fetch(`${service.url}/openapi.json`)).json()) as Document;
  });
  afterAll(() => service.stop());

  it('describes every endpoint that needs a token', () => {
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(operations.sort()).toEqual([
      'delete /v1/responses/{id}',
      'get /v1/models',
      'get /v1/models/{name}',
      'get /v1/responses/{id}',
      'post /detokenize',
      'post /tokenize',
      'post /v1/chat/completions',
      'post /v1/completions',
      'post /v1/embeddings',
      'post /v1/messages',
      'post /v1/messages/count_tokens',
      'post /v1/models/{name}/rollback',
      'post /v1/responses',
      'post /v1/score',
    ]);
    for (const [path, operations] of Object.entries(document.paths))
      for (const operation of Object.values(operations)) {
        expect(operation.summary).toBeTruthy();
        const scope = path.endsWith('/rollback') ? 'models' : 'inference';
        expect(operation.description).toBe(`Needs the scope \`${scope}\`.`);
        expect(operation.responses).toHaveProperty('default');
      }
  });

  it('names the fields of the requests, and has no broken reference', () => {
    const { ChatRequest, MessagesRequest, EmbeddingsRequest } = document.components.schemas;
    expect(Object.keys(ChatRequest.properties!)).toEqual(
      expect.arrayContaining(['messages', 'temperature', 'max_tokens', 'num_beams', 'stream']),
    );
    expect(Object.keys(MessagesRequest.properties!)).toEqual(
      expect.arrayContaining(['system', 'max_tokens']),
    );
    expect(Object.keys(EmbeddingsRequest.properties!)).toContain('encoding_format');
    const names = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
    expect(names.length).toBeGreaterThan(10);
    for (const [, name] of names) expect(document.components.schemas).toHaveProperty(name);
  });

  it('has a page', async () => {
    const page = await fetch(`${service.url}/docs`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(await page.text()).toContain('Open-ChatGPT inference API');
  });
});
