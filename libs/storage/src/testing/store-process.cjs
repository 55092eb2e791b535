/**
 * Works on a store in a process of its own, which may be killed. Arguments: the store as JSON [url, options], the task,
 * its arguments. With KILL_AT=n it kills itself just before its n-th call that changes the disk, with
 * KILL_AT_STORE_WRITE=n before the n-th that changes the store.
 */
const files = require('node:fs');
const fs = require('node:fs/promises');

/** The most memory that this process had; what getrusage says counts what its parent had when it forked. */
function peakMegabytes() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024;
  return Number(/VmHWM:\s*(\d+)/.exec(files.readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
}

let calls = 0;
const killing =
  (call, count, at) =>
  (...args) => {
    if (count() === Number(at)) process.kill(process.pid, 'SIGKILL');
    return call(...args);
  };
const counted = (call) => killing(call, () => ++calls, process.env.KILL_AT);
fs.rm = counted(fs.rm);
for (const name of [
  'mkdirSync',
  'renameSync',
  'linkSync',
  'unlinkSync',
  'writeFileSync',
  'writeSync',
  'fsync',
])
  files[name] = counted(files[name]);
const { openSync } = files;
files.openSync = (path, flags) => (flags === 'wx' ? counted(openSync) : openSync)(path, flags);

const { collectGarbage, openObjectStore } = require('@open-chatgpt/storage');
const { increment } = require('../../dist/testing/increment');

const [address, task, ...args] = process.argv.slice(2);
const store = openObjectStore(...JSON.parse(address));
let writes = 0;
for (const name of ['put', 'delete'])
  store[name] = killing(store[name].bind(store), () => ++writes, process.env.KILL_AT_STORE_WRITE);
const say = (what) => process.stdout.write(`${what}\n`);

async function* megabytes(count, each = () => {}) {
  for (let i = 0; i < count; i++) {
    // New memory each time, as a network would give it.
    yield Buffer.alloc(1 << 20, i);
    await each(i + 1);
  }
}

const tasks = {
  /** Replaces "a" by 12 MB of 1, then of 2 … for ever, and tells what is safe. */
  async replace() {
    for (let version = 1; ; version++) {
      await store.put('a', Buffer.alloc(12 << 20, version));
      say(version);
    }
  },
  /** Begins to write "b" and never ends; tells when so many megabytes are given away. */
  async begin(count) {
    const wait = async (done) => {
      if (done < Number(count)) return;
      say(done);
      await new Promise((resolve) => setTimeout(resolve, 1e9));
    };
    await store.put('b', megabytes(Number(count) + 1, wait));
  },
  async put(key, text, condition) {
    await store.put(key, Buffer.from(text), JSON.parse(condition));
    say(calls);
  },
  async increment(key, times) {
    for (let i = 0; i < Number(times); i++) await increment(store, key);
  },
  async collect(prefix, rules) {
    const { referenced, ...others } = JSON.parse(rules);
    await collectGarbage(store, [prefix], { referenced: referenced.map((uri) => ({ uri })), ...others });
  },
  /** Writes and reads "big"; tells the most memory that the process ever had, in MB. */
  async memory(direction, count) {
    if (direction === 'up') await store.put('big', megabytes(Number(count)));
    else for await (const _ of await store.get('big', { sha256: args[2] }));
    say(peakMegabytes());
  },
};

tasks[task](...args).then(
  () => process.exit(0),
  (error) => {
    say(JSON.stringify({ name: error.name, message: error.message }));
    process.exit(1);
  },
);
