import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';

export interface S3ClientOptions {
  /** Such as `http://minio:9000`. Default: Amazon's endpoint of the region. */
  endpoint?: string;
  accessKey?: string;
  secretKey?: string;
  sessionToken?: string;
  /** Default `us-east-1`. */
  region?: string;
  /** A connection without traffic for this time is broken. Default 60 s. */
  idleMs?: number;
}

export const DEFAULT_REGION = 'us-east-1';

/**
 * The AWS client, limited to what the options configure: it reads no credentials, endpoints or defaults from the machine. It
 * does not retry, because only the store knows which requests are safe to repeat.
 */
export function createS3Client(options: S3ClientOptions): S3Client {
  const { endpoint, accessKey, secretKey, sessionToken, region = DEFAULT_REGION, idleMs = 60_000 } = options;
  // Supported until Node 20 leaves the SDK's releases; without this, every process writes a warning to its log.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  return new S3Client({
    ...(accessKey && secretKey
      ? { credentials: { accessKeyId: accessKey, secretAccessKey: secretKey, sessionToken } }
      : unsigned),
    region,
    endpoint,
    // Other servers than Amazon's often have no DNS name for each bucket.
    forcePathStyle: endpoint !== undefined,
    retryStrategy: { retry: (next, request) => next(request) },
    // Else the SDK would look these up in the environment and in ~/.aws.
    ignoreConfiguredEndpointUrls: true,
    defaultsMode: 'standard',
    maxAttempts: 1,
    authSchemePreference: [],
    sigv4aSigningRegionSet: [],
    userAgentAppId: 'open-chatgpt',
    useArnRegion: false,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    disableS3ExpressSessionAuth: true,
    disableClockSkewCorrection: false,
    // We send MD5 digests, which every S3 server checks. Not every server knows the SDK's default, CRC checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    requestHandler: {
      httpAgent: new HttpAgent({ keepAlive: true }),
      httpsAgent: new HttpsAgent({ keepAlive: true }),
      connectionTimeout: idleMs,
      socketTimeout: idleMs,
    },
  });
}

/** Sends requests without a signature, for public buckets. */
const unsigned = {
  credentials: { accessKeyId: '', secretAccessKey: '' },
  signer: { sign: async <T>(request: T) => request },
};
