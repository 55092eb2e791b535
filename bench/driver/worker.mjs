import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * A process that does one timed step for each line `run`: ours or a peer (bench/peers/README.md documents the protocol).
 * Separate processes, so that the memory of each can be measured.
 */
export class Worker {
  constructor(name, command, args, env = {}) {
    this.name = name;
    this.child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** Resolves when the worker has built what it measures. */
  async ready() {
    this.info = await this.next();
    return this;
  }

  /** One step. @returns {Promise<{ms: number, rssMb: number}>} */
  async run() {
    this.child.stdin.write('run\n');
    return this.next();
  }

  quit() {
    this.child.stdin.end('quit\n');
  }

  async next() {
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`${this.name} ended before it answered; its message is above`);
    return JSON.parse(value);
  }
}
