import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request, statusOf, submit, untilEnded } from '../pipeline.mjs';

const SIZE = '48m';

/**
 * The disk of the SFT trainer is full when it saves. The run must fail with that reason. Then there is room again, and the
 * pipeline is resumed.
 */
export const diskFull = {
  title: 'disk of a trainer full, then resumed',
  async inject(cluster) {
    const trainer = cluster.services.get('sft-trainer');
    const folder = cluster.workDirOf('sft-trainer');
    await trainer.stop();
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'none', folder]);
    if (mounted.status !== 0)
      throw new Error(`a small file system cannot be mounted: ${mounted.stderr}; be root`);
    try {
      await trainer.resume();
      const pipelineId = await submit(cluster);
      await untilStep(cluster, pipelineId, 30);
      fill(join(folder, 'ballast'), folder);
      const failed = await untilEnded(cluster, pipelineId);
      const reasonGiven = /full|ENOSPC|no space/i.test(failed.problem ?? '');
      rmSync(join(folder, 'ballast'));
      await request(cluster, `/v1/pipelines/${pipelineId}/resume`, { method: 'POST' });
      const outcome = await untilEnded(cluster, pipelineId);
      return {
        outcome,
        injected: `a disk of ${SIZE} filled`,
        ...(!reasonGiven && { problem: `a full disk was reported as: ${failed.status} ${failed.problem}` }),
      };
    } finally {
      await trainer.stop();
      spawnSync('umount', ['-l', folder]);
      await trainer.resume();
    }
  },
};

async function untilStep(cluster, pipelineId, step) {
  for (;;) {
    const { status, stages } = await statusOf(cluster, pipelineId);
    if (status !== 'running' || stages[0].step >= step) return;
    await sleep(50);
  }
}

/** Takes every block that is left. */
function fill(file, folder) {
  const { bsize, bavail } = statfsSync(folder);
  try {
    writeFileSync(file, Buffer.alloc(bsize * bavail));
  } catch (error) {
    if (error.code !== 'ENOSPC') throw error;
  }
}
