import { objectOpener } from '@open-chatgpt/datasets';
import { openObjectStore, s3OptionsFromEnv } from '@open-chatgpt/storage';

/** How this program reads s3://bucket/key: with the variables that all S3 tools share (AWS_…). */
export const openers = {
  s3: objectOpener((bucket) => openObjectStore(`s3://${bucket}`, s3OptionsFromEnv(process.env))),
};
