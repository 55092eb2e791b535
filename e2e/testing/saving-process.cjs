/**
 * Saves checkpoints 2, 3, 4 … in a folder and keeps one. Arguments: the folder, and the number of the operation that changes
 * the disk just before which the process kills itself (SIGKILL); with 0 the parent kills it.
 */
const fs = require('node:fs/promises');
const [dir, killAt] = [process.argv[2], Number(process.argv[3])];
let operations = 0;
const counted =
  (call) =>
  (...args) => {
    if (++operations === killAt) process.kill(process.pid, 'SIGKILL');
    return call(...args);
  };
const open = fs.open;
for (const name of ['mkdir', 'rename', 'rm']) fs[name] = counted(fs[name]);
fs.open = async (path, flags) => {
  const file = await (flags === 'r' ? open : counted(open))(path, flags);
  for (const name of ['write', 'sync']) file[name] = counted(file[name].bind(file));
  return file;
};
const { saveCheckpoint } = require('@open-chatgpt/training/testing');

// As in kill-during-save.spec.ts.
const size = 100_000;
const content = (step) => Float32Array.from({ length: size }, (_, i) => step + i / size);

(async () => {
  const last = killAt ? 2 : 100000;
  for (let step = 2; step <= last; step++) {
    const half = content(step).subarray(0, size / 2),
      rest = content(step).subarray(size / 2);
    await saveCheckpoint(dir, {
      step,
      files: { 'weights.bin': [half, rest], 'moments.bin': content(-step) },
      state: { step },
      saveTotalLimit: 1,
    });
    process.send({ step, operations });
  }
  process.exit(0);
})();
