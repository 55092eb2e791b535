import { type S3Options, s3OptionsFromEnv } from '@open-chatgpt/storage';
import type { ServiceConfig } from '../config/service-config';

type S3Config = Pick<
  ServiceConfig,
  's3Endpoint' | 's3AccessKey' | 's3SecretKey' | 's3Region' | 's3CreateBucket'
>;

/**
 * How a service connects to S3: by its configuration, and where that says nothing, by the variables of all S3 tools (`AWS_…`). The
 * keys come from one of the two.
 */
export function s3OptionsOf(config: S3Config, env: NodeJS.ProcessEnv = process.env): S3Options {
  const common = s3OptionsFromEnv(env);
  const { s3Endpoint, s3AccessKey: accessKey, s3SecretKey: secretKey, s3Region, s3CreateBucket } = config;
  const ownKeys = accessKey !== undefined || secretKey !== undefined;
  return {
    ...common,
    ...(ownKeys && { accessKey, secretKey, sessionToken: undefined }),
    endpoint: s3Endpoint ?? common.endpoint,
    region: s3Region ?? common.region,
    createBucket: s3CreateBucket,
  };
}
