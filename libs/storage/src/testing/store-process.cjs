/**
 * Runs a task on a store in its own process, which a test may kill. Arguments: the store as JSON [url, options], the task,
 * and its arguments. KILL_AT=n kills the process before its n-th call that changes the disk, KILL_AT_STORE_WRITE=n before
 * its n-th call that changes the store.
 */
const files = require('node:fs');
const fs = require('node:fs/promises');

/** The peak memory of this process. The value of getrusage includes the parent's memory at the fork. */
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
const print = (what) => process.stdout.write(`${what}\n`);

async function* megabytes(count, each = () => {}) {
  for (let i = 0; i < count; i++) {
    // New memory for each chunk, as for data from a network.
    yield Buffer.alloc(1 << 20, i);
    await each(i + 1);
  }
}

const tasks = {
  /** Replaces "a" by 12 MB of 1, then of 2, and so on; prints each version that is stored. */
  async replace() {
    for (let version = 1; ; version++) {
      await store.put('a', Buffer.alloc(12 << 20, version));
      print(version);
    }
  },
  /** Starts to write "b" and never ends; prints when the given number of megabytes is consumed. */
  async begin(count) {
    const wait = async (done) => {
      if (done < Number(count)) return;
      print(done);
      await new Promise((resolve) => setTimeout(resolve, 1e9));
    };
    await store.put('b', megabytes(Number(count) + 1, wait));
  },
  async put(key, text, condition) {
    await store.put(key, Buffer.from(text), JSON.parse(condition));
    print(calls);
  },
  async increment(key, times) {
    for (let i = 0; i < Number(times); i++) await increment(store, key);
  },
  async collect(prefix, rules) {
    const { referenced, ...others } = JSON.parse(rules);
    await collectGarbage(store, [prefix], { referenced: referenced.map((uri) => ({ uri })), ...others });
  },
  /** Writes or reads "big"; prints the peak memory of the process in MB. */
  async memory(direction, count) {
    if (direction === 'up') await store.put('big', megabytes(Number(count)));
    else for await (const _ of await store.get('big', { sha256: args[2] }));
    print(peakMegabytes());
  },
};

tasks[task](...args).then(
  () => process.exit(0),
  (error) => {
    print(JSON.stringify({ name: error.name, message: error.message }));
    process.exit(1);
  },
);
