/** A real Kafka broker for tests and for trying things out: one node in KRaft mode. */
const { spawn } = require('node:child_process');
const { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { createServer } = require('node:net');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { fetchJars, run } = require('./jars.cjs');

const START_SECONDS = 90;

/** The reason why no broker can be started on this machine, or null. */
async function missingKafka() {
  try {
    const version = /version "(\d+)/.exec(await run('java', ['-XshowSettings:none', '-version']))?.[1];
    if (Number(version) < 17) return `Kafka 4 needs Java 17 or newer; this is Java ${version}`;
    await fetchJars();
    return null;
  } catch (error) {
    return error.message;
  }
}

async function startKafka(options = {}) {
  const missing = await missingKafka();
  if (missing) throw new Error(missing);
  const jars = await fetchJars();
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'open-chatgpt-kafka-'));
  const [free, controllerPort] = await freePorts(2);
  const port = options.port ?? free;
  const broker = new Broker({
    jars,
    folder,
    port,
    heapMegabytes: options.heapMegabytes ?? 256,
    temporary: !options.folder,
  });
  const defaults = defaultProperties(folder, port, controllerPort);
  const properties = { ...defaults, ...options.properties?.(defaults) };
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}`);
  writeFileSync(broker.configuration, `${lines.join('\n')}\n`);
  const format = ['format', '-t', 'b3Blbi1jaGF0Z3B0LTAwMA', '-c', broker.configuration, '--ignore-formatted'];
  const users = Object.entries(options.users ?? {}).flatMap(([name, password]) => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${name},password=${password}]`,
  ]);
  await run('java', [...broker.java, 'kafka.tools.StorageTool', ...format, ...users]);
  await broker.start();
  return broker;
}

function defaultProperties(folder, port, controllerPort) {
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    'default.replication.factor': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // In tests a dead member leaves its group within a second or two.
    'group.min.session.timeout.ms': 500,
    'auto.create.topics.enable': false,
  };
}

class Broker {
  constructor({ jars, folder, port, heapMegabytes, temporary }) {
    this.folder = folder;
    this.port = port;
    this.brokers = [`127.0.0.1:${port}`];
    this.configuration = join(folder, 'server.properties');
    this.log = join(folder, 'broker.log');
    this.temporary = temporary;
    const settings = `-Dlog4j2.configurationFile=${join(__dirname, 'log4j2.properties')}`;
    const quickStart = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
    this.java = [`-Xmx${heapMegabytes}m`, ...quickStart, settings, '-cp', join(jars, '*')];
    this.end = () => this.child?.kill('SIGKILL');
  }

  /** Resolves when the broker serves, on the port and with the data of its last run. */
  async start() {
    if (this.child) throw new Error(`the broker on port ${this.port} is already running`);
    const child = spawn('java', [...this.java, 'kafka.Kafka', this.configuration], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    this.ended = new Promise((resolve) => child.once('exit', resolve));
    process.once('exit', this.end);
    const log = createWriteStream(this.log, { flags: 'a' });
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    let timer;
    const served = new Promise((resolve, reject) => {
      child.stdout.on('data', (data) => String(data).includes('Kafka Server started') && resolve());
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`it ended with code ${code}`)));
      timer = setTimeout(
        () => reject(new Error(`it did not serve within ${START_SECONDS} s`)),
        START_SECONDS * 1000,
      );
    });
    try {
      await served;
    } catch (error) {
      await this.kill();
      throw new Error(
        `The Kafka broker did not start: ${error.message}. ${this.log} ends with:\n${this.lastLines()}`,
      );
    } finally {
      clearTimeout(timer);
    }
  }

  /** Shuts down cleanly: SIGTERM. */
  stop() {
    return this.finish('SIGTERM');
  }

  /** Like a crash: SIGKILL, nothing is flushed. */
  kill() {
    return this.finish('SIGKILL');
  }

  async restart() {
    await this.stop();
    await this.start();
  }

  /** Ends the broker and removes its folder, if that is a temporary one. */
  async close() {
    await this.kill();
    if (this.temporary) rmSync(this.folder, { recursive: true, force: true });
  }

  async finish(signal) {
    if (!this.child) return;
    this.child.kill(signal);
    await this.ended;
    this.child = undefined;
    process.removeListener('exit', this.end);
  }

  lastLines() {
    return readFileSync(this.log, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
  }
}

/** Free ports, found together so that they differ. */
async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

module.exports = { missingKafka, startKafka };
