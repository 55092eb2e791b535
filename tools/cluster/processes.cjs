const { spawn } = require('node:child_process');
const {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} = require('node:fs');
const { join } = require('node:path');

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Background processes whose command lines, process ids and logs are files of a folder, so that any process can kill one,
 * start it again and end them all.
 */
class Processes {
  constructor(folder) {
    this.folder = folder;
  }

  /** Starts a process under a name; its output is appended to NAME.log. */
  run(name, command, args, env = {}) {
    writeFileSync(this.path(name, 'json'), JSON.stringify({ command, args, env }));
    this.again(name);
  }

  /** Starts the process of that name with the command line of its last start. */
  again(name) {
    if (this.isRunning(name)) throw new Error(`${name} is already running`);
    const { command, args, env } = this.commandOf(name);
    const log = openSync(this.path(name, 'log'), 'a');
    const child = spawn(command, args, {
      cwd: this.folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    child.once('error', (error) => writeFileSync(this.path(name, 'log'), `${error.message}\n`));
    child.unref();
    if (child.pid) writeFileSync(this.path(name, 'pid'), String(child.pid));
  }

  /** @returns {{ command: string, args: (string | number)[], env: Record<string, string> }} of its last start */
  commandOf(name) {
    return JSON.parse(readFileSync(this.path(name, 'json'), 'utf8'));
  }

  /** Resolves when `probe` resolves to true. @throws Error with the end of the log when the process ends or time is up */
  async ready(name, probe, seconds = 90) {
    const deadline = Date.now() + seconds * 1000;
    while (!(await probe())) {
      if (!this.isRunning(name)) throw new Error(`${name} has ended. ${this.lastLines(name)}`);
      if (Date.now() > deadline)
        throw new Error(`${name} is not ready after ${seconds} s. ${this.lastLines(name)}`);
      await sleep(50);
    }
  }

  /** SIGKILL by default: an API server that gets SIGTERM waits 10 s for its watchers. */
  async kill(name, signal = 'SIGKILL') {
    const pid = this.pid(name);
    if (pid && this.isRunning(name)) {
      process.kill(pid, signal);
      while (this.isRunning(name)) await sleep(10);
    }
    rmSync(this.path(name, 'pid'), { force: true });
  }

  /** Of all processes that were started here. */
  names() {
    if (!existsSync(this.folder)) return [];
    return readdirSync(this.folder)
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length));
  }

  /** SIGKILL to all, without waiting. */
  killAll() {
    for (const name of this.names()) if (this.isRunning(name)) process.kill(this.pid(name), 'SIGKILL');
  }

  isRunning(name) {
    const pid = this.pid(name);
    if (!pid) return false;
    try {
      // The state follows the name in parentheses; a zombie has ended.
      return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
    } catch {
      return false;
    }
  }

  pid(name) {
    const path = this.path(name, 'pid');
    return existsSync(path) ? Number(readFileSync(path, 'utf8')) : undefined;
  }

  log(name) {
    return this.path(name, 'log');
  }

  lastLines(name) {
    const text = existsSync(this.log(name)) ? readFileSync(this.log(name), 'utf8') : '';
    return `${this.log(name)} ends with:\n${text.trimEnd().split('\n').slice(-15).join('\n')}`;
  }

  path(name, extension) {
    return join(this.folder, `${name}.${extension}`);
  }
}

module.exports = { Processes, sleep };
