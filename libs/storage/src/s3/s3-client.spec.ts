import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { HeadBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { createS3Client } from './s3-client';

/** What the AWS SDK would take from the machine, if it were allowed to. */
const MACHINE = {
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
  AWS_ACCESS_KEY_ID: 'machine-key',
  AWS_SECRET_ACCESS_KEY: 'machine-secret',
  AWS_REGION: 'machine-region-1',
  AWS_PROFILE: 'missing-profile',
};

describe('the S3 client', () => {
  let server: Server;
  let endpoint: string;
  const requests: { url: string; headers: IncomingHttpHeaders; body: string }[] = [];
  const before = { ...process.env };

  beforeAll(async () => {
    Object.assign(process.env, MACHINE);
    server = createServer(async (request, response) => {
      const body = String(await buffer(request));
      requests.push({ url: request.url ?? '', headers: request.headers, body });
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    requests.length = 0;
  });
  afterAll(() => {
    process.env = before;
    server.closeAllConnections();
    server.close();
  });

  it('sends unsigned requests without keys, whatever the machine is configured for', async () => {
    await createS3Client({ endpoint }).send(new HeadBucketCommand({ Bucket: 'public' }));
    expect(requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/public/', undefined],
    ]);
  });

  it('signs requests with the keys and region of its options', async () => {
    const client = createS3Client({
      endpoint,
      accessKey: 'key',
      secretKey: 'secret',
      sessionToken: 'session',
    });
    await client.send(new PutObjectCommand({ Bucket: 'b', Key: 'a b/c', Body: Buffer.from('content') }));
    const [{ url, headers, body }] = requests;
    expect([url, body]).toEqual(['/b/a%20b/c?x-id=PutObject', 'content']);
    expect(headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=key\/\d{8}\/us-east-1\/s3\/aws4_request,/,
    );
    expect(headers['x-amz-security-token']).toBe('session');
    // Checksums that not every server knows.
    expect(Object.keys(headers).filter((name) => /crc|sdk-checksum/.test(name))).toEqual([]);
  });

  it('sends a request once, also when it fails', async () => {
    server.once('request', (_, response) => response.writeHead(503));
    const client = createS3Client({ endpoint, accessKey: 'key', secretKey: 'secret' });
    await expect(client.send(new HeadBucketCommand({ Bucket: 'b' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 503 },
    });
    expect(requests).toHaveLength(1);
  });
});
