const { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } = require('node:fs');
const { dirname } = require('node:path');

/**
 * Takes the lock file at `path`, so that of several processes only one builds or starts a thing. It waits, blocking the
 * thread, while a live process has it; the lock of a process that has died is taken over.
 * @param waiting called once with the process id of the holder before the first wait
 * @returns the function that releases the lock
 */
function acquireLock(path, waiting = () => {}) {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  for (;;) {
    try {
      const handle = openSync(path, 'wx');
      writeSync(handle, String(process.pid));
      closeSync(handle);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = holderOf(path);
    if (holder && !isAlive(holder)) rmSync(path, { force: true });
    else {
      if (holder && !told) waiting(holder);
      told ||= Boolean(holder);
      sleep(500);
    }
  }
}

function holderOf(path) {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return 0;
  }
}

/** Whether a process with this id runs on this machine. */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

module.exports = { acquireLock, isAlive };
