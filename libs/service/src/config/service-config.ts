import { z } from 'zod';

const url = (scheme: RegExp, expected: string) => z.string().regex(scheme, { error: `expected ${expected}` });

const storePrefix = z
  .string()
  .regex(/^s3:\/\/[^/,]+(\/[^,]*[^/,])?$/, { error: 'expected s3://bucket[/prefix], with commas between' });
const storeList = z.union([
  z.array(storePrefix),
  z
    .string()
    .transform((text) => text.split(',').map((one) => one.trim()))
    .pipe(z.array(storePrefix)),
]);

/** Fields that every service has; a service adds its own with `serviceConfigSchema.extend`. */
export const serviceConfigSchema = z.object({
  bus: url(/^(embedded|kafka:\/\/.+)$/, '"embedded" or kafka://host:port[,host:port]')
    .default('embedded')
    .describe('where events go'),
  kafkaSessionTimeoutSeconds: z.coerce
    .number()
    .min(1)
    .max(1800)
    .default(30)
    .describe('a process that Kafka hears nothing of for so long is dead: its work goes to others'),
  store: z.string().min(1).default('data').describe('a folder, or s3://bucket[/prefix]'),
  s3Endpoint: url(/^https?:\/\//, 'an http(s) URL')
    .optional()
    .describe('of the S3 server, such as http://minio:9000'),
  s3AccessKey: z.string().min(1).optional(),
  s3SecretKey: z.string().min(1).optional(),
  s3CreateBucket: z
    .union([z.boolean(), z.stringbool()])
    .default(false)
    .describe('make the bucket where there is none'),
  s3Region: z.string().min(1).default('us-east-1'),
  host: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
  port: z.coerce.number().int().min(0).max(65535).default(3000).describe('0 takes any that is free'),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
  otlpEndpoint: url(/^https?:\/\//, 'an http(s) URL')
    .optional()
    .describe('where traces go; none by default'),
  workDir: z
    .string()
    .min(1)
    .default('work')
    .describe('folder for what is at hand: models, checkpoints, cache'),
  runsDir: z.string().min(1).optional().describe('folder of the runs at hand; <workDir>/runs by default'),
  tokens: z.string().min(1).optional().describe('file of the tokens that the API takes (openchat token)'),
  anonymous: z
    .union([z.boolean(), z.stringbool()])
    .default(false)
    .describe('take requests without tokens from whoever can connect'),
  requestsPerMinute: z.coerce.number().int().min(1).default(1200).describe('of each caller of the API'),
  streamsPerCaller: z.coerce.number().int().min(1).default(16).describe('event streams open at once'),
  maxBodyBytes: z.coerce
    .number()
    .int()
    .min(1024)
    .default(4 * 1024 * 1024)
    .describe('of a request'),
  datasetsFromFiles: z
    .union([z.boolean(), z.stringbool()])
    .default(false)
    .describe('ingest files of the machine that the service runs on'),
  datasetsFromPrivateUrls: z
    .union([z.boolean(), z.stringbool()])
    .default(false)
    .describe('ingest from URLs of this machine and its network'),
  datasetsFromStores: storeList.default([]).describe('s3://bucket[/prefix], with commas between'),
});

export type ServiceConfig = z.output<typeof serviceConfigSchema>;
