import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** Peak resident memory of this process in MB (VmHWM, as the peers report it; without /proc, the maximum of getrusage). */
function peakRssMb() {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}

/**
 * Our side of the line protocol.
 * @param step does one step; returns its milliseconds if it measures them, or more fields of the line
 */
export async function serve(step) {
  console.log(JSON.stringify({ ready: true }));
  for await (const line of createInterface({ input: process.stdin })) {
    if (line !== 'run') break;
    const start = performance.now();
    const measured = await step();
    const ms = typeof measured === 'number' ? measured : performance.now() - start;
    console.log(
      JSON.stringify({ ms, ...(typeof measured === 'object' ? measured : {}), rssMb: peakRssMb() }),
    );
  }
  process.exit(0);
}
