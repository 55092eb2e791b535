import { loadConfig } from '../config/load-config';
import { serviceConfigSchema } from '../config/service-config';
import { s3OptionsOf } from './s3-options';

const AWS = {
  AWS_ENDPOINT_URL: 'http://aws:1',
  AWS_ACCESS_KEY_ID: 'aws',
  AWS_SECRET_ACCESS_KEY: 'aws-secret',
  AWS_SESSION_TOKEN: 'aws-token',
  AWS_REGION: 'aws-1',
};
const OWN = {
  OPEN_CHATGPT_S3_ENDPOINT: 'http://own:1',
  OPEN_CHATGPT_S3_ACCESS_KEY: 'own',
  OPEN_CHATGPT_S3_SECRET_KEY: 'own-secret',
  OPEN_CHATGPT_S3_REGION: 'own-1',
};
const optionsOf = (env: Record<string, string>) => s3OptionsOf(loadConfig(serviceConfigSchema, env), env);

describe('s3OptionsOf', () => {
  it('takes the variables of all S3 tools where the configuration says nothing', () => {
    expect(optionsOf(AWS)).toEqual({
      endpoint: 'http://aws:1',
      accessKey: 'aws',
      secretKey: 'aws-secret',
      sessionToken: 'aws-token',
      region: 'aws-1',
      createBucket: false,
    });
  });

  it('prefers the configuration, and mixes no keys', () => {
    const own = { endpoint: 'http://own:1', accessKey: 'own', secretKey: 'own-secret', region: 'own-1' };
    expect(optionsOf({ ...AWS, ...OWN })).toEqual({ ...own, sessionToken: undefined, createBucket: false });
    expect(optionsOf({ ...AWS, OPEN_CHATGPT_S3_ACCESS_KEY: 'own' })).toMatchObject({
      accessKey: 'own',
      secretKey: undefined,
      endpoint: 'http://aws:1',
    });
  });

  it('names no server by default', () => {
    expect(optionsOf({})).toEqual({ createBucket: false });
  });
});
