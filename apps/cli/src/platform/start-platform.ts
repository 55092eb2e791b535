import { GatewayModule, gatewayGroups, prepareApi } from '@open-chatgpt/gateway';
import { PpoModule, ppoGroups } from '@open-chatgpt/ppo-actor';
import { RewardModule, rewardGroups } from '@open-chatgpt/reward-trainer';
import {
  openDriver,
  PlatformModule,
  type RunningService,
  type ServiceConfig,
  shareDriver,
  startService,
} from '@open-chatgpt/service';
import { SftModule, sftGroups } from '@open-chatgpt/sft-trainer';

/** Every service: what it is called, what it is made of, and the events that it takes. */
const services = [
  ['sft-trainer', SftModule, sftGroups],
  ['reward-trainer', RewardModule, rewardGroups],
  ['ppo-actor', PpoModule, ppoGroups],
  ['gateway', GatewayModule, gatewayGroups],
] as const;

export interface Platform {
  /** Of the gateway. */
  url: string;
  stop(): Promise<void>;
}

/** All services in this process, as they run alone in a cluster; they share one bus. */
export async function startPlatform(config: ServiceConfig): Promise<Platform> {
  const driver = openDriver('openchat', config);
  const running: RunningService[] = [];
  const stop = async () => {
    for (const service of running.reverse()) await service.stop();
    await driver.close();
  };
  try {
    for (const [name, module, groups] of services) {
      const own = name === 'gateway' ? config : { ...config, port: 0 };
      const platform = PlatformModule.forRoot(name, own, shareDriver(driver));
      const prepare = name === 'gateway' ? prepareApi : undefined;
      running.push(await startService(name, own, [platform, module], groups, prepare));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: running[running.length - 1].url, stop };
}
