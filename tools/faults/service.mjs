/** A service as a process that is restarted whenever it ends, as Kubernetes does. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export class Service {
  #stopping = false;
  #child;
  /** The last lines of its log. */
  log = [];
  restarts = 0;
  url = '';

  constructor(name, main, env) {
    this.name = name;
    this.main = main;
    this.env = env;
  }

  /** Resolves when the service listens. */
  start() {
    return new Promise((resolve) => {
      this.#run(resolve);
    });
  }

  /** After `stop`. */
  resume() {
    this.#stopping = false;
    return this.start();
  }

  async kill() {
    this.#child.kill('SIGKILL');
  }

  async stop() {
    this.#stopping = true;
    // The process may have ended already.
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    // Other specs test that a service ends in time.
    await Promise.race([ended, sleep(20_000).then(() => this.#child.kill('SIGKILL'))]);
  }

  #run(listens) {
    const env = { ...process.env, ...this.env };
    // The same port, because clients know the address.
    if (this.url) env.OPEN_CHATGPT_PORT = new URL(this.url).port;
    this.#child = spawn(process.execPath, [this.main], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    createInterface({ input: this.#child.stderr }).on('line', (line) => {
      this.log = [...this.log.slice(-200), line];
      const url =
        line.startsWith('{') && line.includes('"The service is started"') ? JSON.parse(line).url : undefined;
      if (!url) return;
      this.url = url;
      listens();
    });
    this.#child.once('exit', async () => {
      if (this.#stopping) return;
      this.restarts++;
      await sleep(500);
      if (!this.#stopping) this.#run(listens);
    });
  }
}
