import { missingS3 } from '@open-chatgpt/tools/s3/s3-server.cjs';

const missing = missingS3();

/**
 * Why specs that need an S3 server are skipped, or null. It is found out on import, where no time limit of a test runs:
 * it may build the server, which takes minutes. Where CI is set nothing is skipped; starting the server then fails with
 * the reason.
 */
export const missingS3Here = process.env['CI'] ? null : missing;
