export { RewardModule } from './app.module';
export { rewardGroups } from './reward.consumer';
