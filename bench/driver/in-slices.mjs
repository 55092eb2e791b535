import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Short compared with the minutes over which the speed of a machine drifts, and long compared with timers of a second: the
 * clock of a stopped process runs on, and its overdue timers fire when it continues. In slices of half a second, a timer of a
 * second would fire twice as often per second of work.
 */
const SLICE_MS = 3000;

/**
 * Runs processes in alternating slices of time: one runs while the others are stopped. So a drift in the speed of the machine
 * affects all of them alike.
 * @param commands arguments of node, with working folder and environment
 * @returns the seconds that each one ran
 */
export async function runInSlices(commands) {
  const processes = commands.map(({ args, cwd, env }) => {
    const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
    child.kill('SIGSTOP');
    const one = { child, seconds: 0, errors: '', code: undefined };
    child.stderr.on('data', (chunk) => {
      one.errors += chunk;
    });
    one.ended = new Promise((resolve) => child.once('close', resolve)).then((code) => {
      one.code = code;
    });
    return one;
  });
  try {
    while (processes.some(({ code }) => code === undefined))
      for (const one of processes) if (one.code === undefined) await runSlice(one);
  } finally {
    for (const { child } of processes) child.kill('SIGKILL');
  }
  return processes.map(({ seconds }) => seconds);
}

async function runSlice(one) {
  const since = performance.now();
  one.child.kill('SIGCONT');
  await Promise.race([sleep(SLICE_MS), one.ended]);
  one.seconds += (performance.now() - since) / 1000;
  if (one.code === undefined) one.child.kill('SIGSTOP');
  else if (one.code !== 0)
    throw new Error(`${one.child.spawnargs.join(' ')} ended with ${one.code}:\n${one.errors}`);
}
