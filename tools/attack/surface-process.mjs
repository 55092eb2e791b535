/**
 * The process that is attacked: opens one surface, and answers each input that its parent sends with what it cost. It runs alone, so
 * that an abort or a hang ends nothing else.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'open-chatgpt-attack-'));
const surface = await import(process.argv[2]);
const { seeds, hostile, answer, close } = await surface.open(folder);
const asBytes = (inputs) => inputs.map((input) => Buffer.from(input));

process.on('message', async ({ input }) => {
  const resident = process.memoryUsage.rss();
  const before = process.cpuUsage();
  const outcome = await outcomeOf(Buffer.from(input));
  const { user, system } = process.cpuUsage(before);
  const peak = process.resourceUsage().maxRSS * 1024;
  process.send({ ...outcome, seconds: (user + system) / 1e6, resident, peak });
});
process.on('disconnect', async () => {
  await close?.();
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
process.send({ seeds: asBytes(seeds), hostile: asBytes(hostile) });

/** @returns whether the input was accepted or refused, and the message; `fault` when the product failed rather than refused */
async function outcomeOf(input) {
  try {
    const fault = await answer(input);
    return fault ? { kind: 'fault', message: fault } : { kind: 'accepted' };
  } catch (error) {
    const message = String(error?.message ?? error);
    return { kind: isFault(error) ? 'fault' : 'refused', message: isFault(error) ? error.stack : message };
  }
}

/** An error of the JavaScript engine is a fault of ours: a refusal is a sentence that we wrote. */
function isFault(error) {
  const engine = [TypeError, RangeError, ReferenceError, EvalError];
  return (
    !(error instanceof Error) || engine.some((kind) => error.constructor === kind) || error.message === ''
  );
}
