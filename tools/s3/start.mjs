#!/usr/bin/env node
/**
 * A real S3 server for tests and for trying things out.
 *   node tools/s3/start.mjs            starts one and prints its address and keys; Ctrl-C ends it
 *   node tools/s3/start.mjs --prepare  only builds it
 */
import { parseArgs } from 'node:util';
import server from './s3-server.cjs';

const { values } = parseArgs({
  options: { prepare: { type: 'boolean' }, port: { type: 'string' }, folder: { type: 'string' } },
});

try {
  const missing = server.missingS3();
  if (missing) throw new Error(missing);
  if (!values.prepare) {
    const port = values.port === undefined ? undefined : Number(values.port);
    const { endpoint, accessKey, secretKey, region, stop } = await server.startS3({
      port,
      folder: values.folder,
    });
    console.log(`AWS_ENDPOINT_URL=${endpoint}`);
    console.log(`AWS_ACCESS_KEY_ID=${accessKey}\nAWS_SECRET_ACCESS_KEY=${secretKey}\nAWS_REGION=${region}`);
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
  }
} catch (error) {
  console.error(`s3: ${error.message}`);
  process.exitCode = 1;
}
