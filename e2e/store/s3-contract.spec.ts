import { randomUUID } from 'node:crypto';
import { openObjectStore } from '@open-chatgpt/storage';
import { PART_SIZE, testStore } from '@open-chatgpt/storage/testing';
import { startS3 } from '@open-chatgpt/tools/s3/s3-server.cjs';

testStore('the S3 store', async () => {
  const { stop, ...server } = await startS3();
  const options = {
    ...server,
    createBucket: true,
    partSize: PART_SIZE,
    retries: { attempts: 5, firstDelayMs: 5 },
  };
  const bucket = `open-chatgpt-test-${randomUUID()}`;
  return { open: () => openObjectStore(`s3://${bucket}/${randomUUID()}`, options), options, stop };
});
