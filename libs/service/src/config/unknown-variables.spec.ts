import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, variableOf } from './load-config';
import { serviceConfigSchema } from './service-config';
import { unknownVariables } from './unknown-variables';

const variables = Object.keys(serviceConfigSchema.shape).map(variableOf);

/** The variables that the sources and the READMEs of a folder name. */
function namedIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|md)$/.test(file) && !/node_modules|dist\/|\.spec\.ts$/.test(file))
    .flatMap(
      (file) => readFileSync(join(folder, file), 'utf8').match(/\bOPEN_CHATGPT_[A-Z0-9_]*[A-Z0-9]\b/g) ?? [],
    );
}

describe('unknownVariables', () => {
  it('names a misspelled one, and the one that was meant', () => {
    const env = {
      OPEN_CHATGPT_STOR: 's3://b',
      OPEN_CHATGPT_COLOUR_OF_LOGS: 'red',
      OPEN_CHATGPT_PORT: '1',
      PATH: '/',
    };
    expect(unknownVariables(variables, env)).toEqual([
      'OPEN_CHATGPT_STOR is not known, and has no effect; did you mean OPEN_CHATGPT_STORE?',
      'OPEN_CHATGPT_COLOUR_OF_LOGS is not known, and has no effect',
    ]);
  });

  it('knows every variable that the project reads or describes', () => {
    const named = ['../../../../apps', '../../..'].flatMap((folder) => namedIn(join(__dirname, folder)));
    expect(named.length).toBeGreaterThan(100);
    const env = Object.fromEntries(named.map((name) => [name, 'x']));
    expect(unknownVariables(variables, env)).toEqual([]);
  });

  it('does not take the addresses of Services for ours', () => {
    const env = {
      OPEN_CHATGPT_GATEWAY_PORT: 'tcp://10.0.0.1:80',
      OPEN_CHATGPT_GATEWAY_PORT_80_TCP_ADDR: '10.0.0.1',
      OPEN_CHATGPT_GATEWAY_SERVICE_HOST: '10.0.0.1',
      OPEN_CHATGPT_GATEWAY_SERVICE_PORT_HTTP: '80',
    };
    expect(unknownVariables(variables, env)).toEqual([]);
  });

  it('is asked by every service that loads its configuration', () => {
    const warnings: string[] = [];
    loadConfig(serviceConfigSchema, { OPEN_CHATGPT_PRT: '1' }, (message) => warnings.push(message));
    expect(warnings).toEqual([expect.stringMatching(/^OPEN_CHATGPT_PRT is not known.*OPEN_CHATGPT_PORT\?$/)]);
  });
});
