import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { loadConfig, variableOf } from './load-config';
import { serviceConfigSchema } from './service-config';

describe('loadConfig', () => {
  let folder: string;
  const file = (text: string) => {
    const path = join(folder, 'config.yaml');
    writeFileSync(path, text);
    return { OPEN_CHATGPT_CONFIG: path };
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'config-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('derives variable names from fields', () => {
    expect(variableOf('s3AccessKey')).toBe('OPEN_CHATGPT_S3_ACCESS_KEY');
  });

  it('prefers the environment over the file, and the file over defaults', () => {
    const env = { ...file('port: 4000\nlogLevel: debug\n'), OPEN_CHATGPT_PORT: '5000', PATH: '/bin' };
    expect(loadConfig(serviceConfigSchema, env)).toMatchObject({
      port: 5000,
      logLevel: 'debug',
      bus: 'embedded',
    });
  });

  it('loads the additional fields of a service', () => {
    const schema = serviceConfigSchema.extend({ role: z.enum(['rollout', 'learner']) });
    expect(loadConfig(schema, { OPEN_CHATGPT_ROLE: 'learner' }).role).toBe('learner');
    expect(() => loadConfig(schema, {})).toThrow(/OPEN_CHATGPT_ROLE: .*expected one of/);
  });

  it.each<[Record<string, string>, RegExp]>([
    [{ OPEN_CHATGPT_PORT: 'many' }, /OPEN_CHATGPT_PORT: .*expected number.*found "many"/],
    [{ OPEN_CHATGPT_PORT: '70000' }, /OPEN_CHATGPT_PORT: .*65535/],
    [{ OPEN_CHATGPT_BUS: 'rabbit://x' }, /OPEN_CHATGPT_BUS: expected "embedded" or kafka:/],
    [{ OPEN_CHATGPT_S3_ENDPOINT: 'minio:9000' }, /OPEN_CHATGPT_S3_ENDPOINT: expected an http\(s\) URL/],
    [{ OPEN_CHATGPT_LOG_LEVEL: 'loud' }, /OPEN_CHATGPT_LOG_LEVEL: .*"fatal"/],
    [{ OPEN_CHATGPT_CONFIG: '/nowhere/config.yaml' }, /OPEN_CHATGPT_CONFIG names \/nowhere\/config\.yaml/],
  ])('%j is rejected with the name of the variable', (env, message) => {
    expect(() => loadConfig(serviceConfigSchema, env)).toThrow(message);
  });

  it.each<[string, RegExp]>([
    ['prot: 1', /config\.yaml: prot: unknown field; known: bus, /],
    ['port: -1', /config\.yaml: port: .*found -1/],
    ['- a', /expected fields with values/],
    ['a: [', /config\.yaml:1:5: /],
    ['- '.repeat(2000), /config\.yaml:1:132: is nested too deeply/],
  ])('the file %j is rejected with the name of the field', (text, message) => {
    expect(() => loadConfig(serviceConfigSchema, file(text))).toThrow(message);
  });

  it('reports all errors at once', () => {
    const env = { OPEN_CHATGPT_PORT: 'x', OPEN_CHATGPT_LOG_LEVEL: 'y' };
    expect(() => loadConfig(serviceConfigSchema, env)).toThrow(/PORT[\s\S]*LOG_LEVEL/);
  });
});
