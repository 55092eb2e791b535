import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, message, newTopic, textOf, uniqueName } from '@open-chatgpt/messaging/testing';
import { loadConfig, openDriver, serviceConfigSchema } from '@open-chatgpt/service';
import { type Broker, startKafka } from '@open-chatgpt/tools/kafka/broker.cjs';

/** A port that was free a moment ago. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

describe('a Kafka that wants TLS and a user', () => {
  let folder: string;
  let broker: Broker;
  let port: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kafka-access-'));
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
    for (const name of ['ca', 'other'])
      openssl(
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`],
        ...['-keyout', `${name}.key`, '-out', `${name}.crt`],
      );
    writeFileSync(join(folder, 'names'), 'subjectAltName=IP:127.0.0.1\n');
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=kafka',
      '-keyout',
      'kafka.key',
      '-out',
      'kafka.csr',
    );
    openssl(
      ...[
        'x509',
        '-req',
        '-in',
        'kafka.csr',
        '-days',
        '2',
        '-CA',
        'ca.crt',
        '-CAkey',
        'ca.key',
        '-CAcreateserial',
      ],
      ...['-extfile', 'names', '-out', 'kafka.crt'],
    );
    const pem = (name: string) => readFileSync(join(folder, name), 'utf8');
    writeFileSync(join(folder, 'keystore.pem'), pem('kafka.key') + pem('kafka.crt') + pem('ca.crt'));
    port = await freePort();
    broker = await startKafka({
      users: { platform: 'right' },
      properties: (defaults) => ({
        listeners: `${defaults['listeners']},CLIENTS://127.0.0.1:${port}`,
        'advertised.listeners': `${defaults['advertised.listeners']},CLIENTS://127.0.0.1:${port}`,
        'listener.security.protocol.map': `${defaults['listener.security.protocol.map']},CLIENTS:SASL_SSL`,
        'sasl.enabled.mechanisms': 'SCRAM-SHA-512,PLAIN',
        'listener.name.clients.scram-sha-512.sasl.jaas.config':
          'org.apache.kafka.common.security.scram.ScramLoginModule required;',
        'listener.name.clients.plain.sasl.jaas.config':
          'org.apache.kafka.common.security.plain.PlainLoginModule required user_platform="plainly";',
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.location': join(folder, 'keystore.pem'),
      }),
    });
  }, 180_000);
  afterAll(async () => {
    await broker?.close();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const driverOf = (variables: Record<string, string>) =>
    openDriver(
      'test',
      loadConfig(serviceConfigSchema, {
        OPEN_CHATGPT_BUS: `kafka://127.0.0.1:${port}`,
        OPEN_CHATGPT_KAFKA_TLS: 'true',
        OPEN_CHATGPT_KAFKA_CA: join(folder, 'ca.crt'),
        OPEN_CHATGPT_KAFKA_USERNAME: 'platform',
        OPEN_CHATGPT_KAFKA_PASSWORD: 'right',
        ...variables,
      }),
    );

  it.each([
    ['SCRAM-SHA-512, the authority in a file', {}],
    ['PLAIN', { OPEN_CHATGPT_KAFKA_SASL_MECHANISM: 'plain', OPEN_CHATGPT_KAFKA_PASSWORD: 'plainly' }],
  ])('carries messages: %s', async (_, variables) => {
    const driver = driverOf(variables);
    const topic = await newTopic(driver);
    const received: string[] = [];
    await driver.subscribe({
      group: uniqueName('group'),
      topics: [topic],
      handler: async (delivery) => void received.push(textOf(delivery)),
    });
    await driver.publish([message(topic, 'key', 'secret')]);
    await eventually(
      () => received.length > 0,
      () => 'the message',
    );
    expect(received).toEqual(['secret']);
    await driver.close();
  });

  it('takes the text of the authority, as a Secret holds it', async () => {
    const driver = driverOf({ OPEN_CHATGPT_KAFKA_CA: readFileSync(join(folder, 'ca.crt'), 'utf8') });
    await driver.check();
    await driver.close();
  });

  it.each([
    [
      'a wrong password',
      'OPEN_CHATGPT_KAFKA_PASSWORD',
      () => 'wrong',
      /[Aa]uthentication failed.*invalid credentials/,
    ],
    ['another authority', 'OPEN_CHATGPT_KAFKA_CA', () => join(folder, 'other.crt'), /certificate/],
  ])('names the reason: %s', async (_, variable, value, reason) => {
    const driver = driverOf({ [variable]: value() });
    await expect(driver.check()).rejects.toThrow(reason);
    await driver.close();
  });
});

it.each([
  [
    { OPEN_CHATGPT_KAFKA_USERNAME: 'me' },
    'set both OPEN_CHATGPT_KAFKA_USERNAME and OPEN_CHATGPT_KAFKA_PASSWORD',
  ],
  [{ OPEN_CHATGPT_KAFKA_CA: '/etc/ca.pem' }, 'OPEN_CHATGPT_KAFKA_TLS is not true'],
  [
    { OPEN_CHATGPT_KAFKA_TLS: 'true', OPEN_CHATGPT_KAFKA_CA: '/none.pem' },
    '/none.pem is neither a file nor a certificate in PEM format',
  ],
])('refuses %j', (variables, reason) => {
  const config = loadConfig(serviceConfigSchema, { OPEN_CHATGPT_BUS: 'kafka://127.0.0.1:1', ...variables });
  expect(() => openDriver('test', config)).toThrow(reason);
});
