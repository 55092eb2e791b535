import { z } from 'zod';

const url = (scheme: RegExp, expected: string) => z.string().regex(scheme, { error: `expected ${expected}` });

const storePrefix = z.string().regex(/^s3:\/\/[^/,]+(\/[^,]*[^/,])?$/, {
  error: 'expected a comma-separated list of s3://bucket[/prefix]',
});
const origin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text, {
  error: 'expected a comma-separated list of origins: http(s)://host[:port], without a path',
});

/** A variable holds the items separated by commas, a file holds a list. */
const listOf = (item: z.ZodType<string, string>) =>
  z.union([
    z.array(item),
    z
      .string()
      .transform((text) => text.split(',').map((one) => one.trim()))
      .pipe(z.array(item)),
  ]);

/** How Kafka checks a user and a password. */
const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

/** The fields of every service; a service adds its own with `serviceConfigSchema.extend`. */
export const serviceConfigSchema = z.object({
  bus: url(/^(embedded|kafka:\/\/.+)$/, '"embedded" or kafka://host:port[,host:port]')
    .default('embedded')
    .describe('the message bus'),
  kafkaSessionTimeoutSeconds: z.coerce
    .number()
    .min(1)
    .max(1800)
    .default(30)
    .describe('a process without a heartbeat for this time counts as dead, and its work moves to others'),
  kafkaTls: z
    .union([z.boolean(), z.stringbool()])
    .default(false)
    .describe('encrypt the connections to Kafka'),
  kafkaCa: z
    .string()
    .min(1)
    .optional()
    .describe(
      'authority of the certificates of Kafka: a PEM file, or its text; by default those that Node trusts',
    ),
  kafkaSaslMechanism: z.enum(SASL_MECHANISMS).default('scram-sha-512').describe('how a Kafka user signs in'),
  kafkaUsername: z.string().min(1).optional().describe('user of Kafka; none by default'),
  kafkaPassword: z.string().min(1).optional(),
  store: z.string().min(1).default('data').describe('the object store: a folder, or s3://bucket[/prefix]'),
  s3Endpoint: url(/^https?:\/\//, 'an http(s) URL')
    .optional()
    .describe(
      'URL of the S3 server, such as http://minio:9000; the variables AWS_… take the place of those that are not set',
    ),
  s3AccessKey: z.string().min(1).optional(),
  s3SecretKey: z.string().min(1).optional(),
  s3CreateBucket: z
    .union([z.boolean(), z.stringbool()])
    .default(false)
    .describe('create the bucket if it does not exist'),
  s3Region: z
    .string()
    .min(1)
    .optional()
    .describe('region of S3; by default us-east-1, where a server is named'),
  host: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
  port: z.coerce.number().int().min(0).max(65535).default(3000).describe('0 selects a free port'),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  otlpEndpoint: url(/^https?:\/\//, 'an http(s) URL')
    .optional()
    .describe('URL of the OpenTelemetry collector; none by default'),
  workDir: z.string().min(1).default('work').describe('local folder for models, checkpoints and caches'),
  runsDir: z.string().min(1).optional().describe('local folder of the runs; <workDir>/runs by default'),
  tokens: z.string().min(1).optional().describe('the token file of the API (openchat token)'),
  anonymous: z
    .union([z.boolean(), z.stringbool()])
    .default(false)
    .describe('accept requests without tokens from every client'),
  requestsPerMinute: z.coerce
    .number()
    .int()
    .min(1)
    .default(1200)
    .describe('rate limit of each caller of the API'),
  streamsPerCaller: z.coerce
    .number()
    .int()
    .min(1)
    .default(16)
    .describe('maximum number of open event streams of each caller'),
  maxBodyBytes: z.coerce
    .number()
    .int()
    .min(1024)
    .default(4 * 1024 * 1024)
    .describe('maximum size of a request body'),
  maxBodyBytesInFlight: z.coerce
    .number()
    .int()
    .min(1024)
    .default(64 * 1024 * 1024)
    .describe('maximum size of all request bodies together that the service holds at a time'),
  bodySeconds: z.coerce
    .number()
    .min(1)
    .max(3600)
    .default(30)
    .describe('time in which the body of a request has to arrive'),
  maxConnections: z.coerce
    .number()
    .int()
    .min(1)
    .default(1000)
    .describe('maximum number of open connections; more are closed'),
  corsOrigins: listOf(origin)
    .default([])
    .describe(
      'pages of these origins may call the API: http(s)://host[:port], comma-separated; none by default',
    ),
  datasetsFromFiles: z
    .union([z.boolean(), z.stringbool()])
    .default(false)
    .describe('allow the ingestion of local files of the service'),
  datasetsFromPrivateUrls: z
    .union([z.boolean(), z.stringbool()])
    .default(false)
    .describe('allow the ingestion from URLs with private addresses'),
  datasetsFromStores: listOf(storePrefix)
    .default([])
    .describe('allow the ingestion from these buckets: s3://bucket[/prefix], comma-separated'),
});

export type ServiceConfig = z.output<typeof serviceConfigSchema>;
