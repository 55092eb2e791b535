import { setTimeout as sleep } from 'node:timers/promises';
import { statusOf, submit, untilEnded } from '../pipeline.mjs';

const AWAY_SECONDS = 30;

/** The broker goes away in the middle of PPO, the stage that talks most. */
export const broker = {
  title: `broker stopped for ${AWAY_SECONDS} s in the middle of PPO`,
  async inflict(cluster) {
    const pipelineId = await submit(cluster);
    const atWork = ({ stages }) => stages.some(({ stage, step }) => stage === 'ppo' && step >= 2);
    for (let found = await statusOf(cluster, pipelineId); found.status === 'running' && !atWork(found); ) {
      await sleep(200);
      found = await statusOf(cluster, pipelineId);
    }
    await cluster.kafka.kill();
    await sleep(AWAY_SECONDS * 1000);
    await cluster.kafka.start();
    const outcome = await untilEnded(cluster, pipelineId);
    return { outcome, inflicted: `no broker for ${AWAY_SECONDS} s` };
  },
};
