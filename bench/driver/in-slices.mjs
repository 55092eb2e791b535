import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Short beside the minutes over which a machine's speed drifts; long beside the second in which timers are due: while a process
 * is stopped its clock goes on, and what is then overdue is done at once, so that in slices of half a second what happens every
 * second happened twice as often as it does.
 */
const SLICE_MS = 3000;

/**
 * Runs whole processes beside each other of which one at a time goes on, in turn, while the others are stopped: so a machine
 * that is faster now than in a minute is so for all of them.
 * @param commands arguments of node, with working folder and environment
 * @returns the seconds that each was at work
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
      for (const one of processes) if (one.code === undefined) await goOn(one);
  } finally {
    for (const { child } of processes) child.kill('SIGKILL');
  }
  return processes.map(({ seconds }) => seconds);
}

async function goOn(one) {
  const since = performance.now();
  one.child.kill('SIGCONT');
  await Promise.race([sleep(SLICE_MS), one.ended]);
  one.seconds += (performance.now() - since) / 1000;
  if (one.code === undefined) one.child.kill('SIGSTOP');
  else if (one.code !== 0)
    throw new Error(`${one.child.spawnargs.join(' ')} ended with ${one.code}:\n${one.errors}`);
}
