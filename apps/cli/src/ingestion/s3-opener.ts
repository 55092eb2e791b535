import { objectOpener } from '@open-chatgpt/datasets';
import { openObjectStore, s3OptionsFromEnv } from '@open-chatgpt/storage';

/** Opens s3://bucket/key with the variables of all S3 tools (AWS_…). */
export const openers = {
  s3: objectOpener((bucket) => openObjectStore(`s3://${bucket}`, s3OptionsFromEnv(process.env))),
};
