import { setTimeout as sleep } from 'node:timers/promises';
import { statusOf, submit, untilEnded } from '../pipeline.mjs';

const OUTAGE_SECONDS = 30;

/** The broker stops in the middle of PPO, the stage with the most messages. */
export const broker = {
  title: `broker stopped for ${OUTAGE_SECONDS} s in the middle of PPO`,
  async inject(cluster) {
    const pipelineId = await submit(cluster);
    const inPpo = ({ stages }) => stages.some(({ stage, step }) => stage === 'ppo' && step >= 2);
    for (let found = await statusOf(cluster, pipelineId); found.status === 'running' && !inPpo(found); ) {
      await sleep(200);
      found = await statusOf(cluster, pipelineId);
    }
    await cluster.kafka.kill();
    await sleep(OUTAGE_SECONDS * 1000);
    await cluster.kafka.start();
    const outcome = await untilEnded(cluster, pipelineId);
    return { outcome, injected: `no broker for ${OUTAGE_SECONDS} s` };
  },
};
