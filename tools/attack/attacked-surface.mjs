import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('surface-process.mjs', import.meta.url));
/** Of CPU time, which other work on the machine does not stretch. */
export const MOST_SECONDS = 1;
export const MOST_MEGABYTES = 100;
/** Of wall time; after that the process is ended. */
const HANGS_AFTER_MS = 30_000;
const MEGABYTE = 1024 * 1024;

/** One surface in a separate process, which is started again when an input has ended it. */
export class AttackedSurface {
  /** @param url of a module of surfaces/ */
  constructor(url) {
    this.url = url;
    this.highest = 0;
  }

  /** @returns {Promise<{ seeds: Buffer[], hostile: Buffer[] }>} valid inputs, out of which hostile ones are made, and known hostile ones */
  async start() {
    this.process = fork(PROGRAM, [this.url], {
      serialization: 'advanced',
      execArgv: ['--max-old-space-size=512'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.errors = '';
    this.process.stderr.on('data', (data) => (this.errors = (this.errors + data).slice(-2000)));
    this.highest = 0;
    const { seeds, hostile } = await this.reply();
    if (!seeds) throw new Error(`${this.url} cannot be opened: ${this.errors.trim()}`);
    return { seeds: seeds.map((one) => Buffer.from(one)), hostile: hostile.map((one) => Buffer.from(one)) };
  }

  /**
   * Earlier inputs leave garbage, so a cost that is too high counts only when a fresh process has it too.
   * @returns what the input cost and the rule that it broke, or null
   */
  async attack(input) {
    const first = await this.attempt(input);
    if (!first.violation || first.kind === 'fault') return first;
    await this.stop();
    return this.attempt(input);
  }

  async attempt(input) {
    if (!this.process) await this.start();
    this.process.send({ input });
    const reply = await this.reply();
    if (reply.ended) {
      this.process = null;
      return { seconds: 0, megabytes: 0, violation: reply.ended };
    }
    const megabytes = reply.peak > this.highest ? Math.max(0, (reply.peak - reply.resident) / MEGABYTE) : 0;
    this.highest = Math.max(this.highest, reply.peak);
    const { kind, seconds, message } = reply;
    return {
      kind,
      message,
      seconds,
      megabytes,
      violation: violationOf({ kind, seconds, megabytes, message }),
    };
  }

  async stop() {
    if (!this.process) return;
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.disconnect();
    const timer = setTimeout(() => this.process.kill('SIGKILL'), HANGS_AFTER_MS);
    await ended;
    clearTimeout(timer);
    this.process = null;
  }

  /** The next message of the process; `ended` when there is none. */
  reply() {
    const { process: child } = this;
    return new Promise((resolve) => {
      const settle = (reply) => {
        clearTimeout(timer);
        child.off('message', settle);
        child.off('close', closed);
        resolve(reply);
      };
      const closed = (code, signal) =>
        settle({ ended: `the process ended (${signal ?? code}): ${this.errors.trim()}` });
      const timer = setTimeout(() => {
        child.off('close', closed);
        child.kill('SIGKILL');
        settle({ ended: `no answer within ${HANGS_AFTER_MS / 1000} s` });
      }, HANGS_AFTER_MS);
      child.on('message', settle);
      child.on('close', closed);
    });
  }
}

function violationOf({ kind, seconds, megabytes, message }) {
  if (kind === 'fault') return `an internal error: ${message}`;
  if (seconds > MOST_SECONDS) return `${seconds.toFixed(1)} s of CPU time; at most ${MOST_SECONDS} is right`;
  if (megabytes > MOST_MEGABYTES) return `${Math.round(megabytes)} MB; at most ${MOST_MEGABYTES} is right`;
  return null;
}
