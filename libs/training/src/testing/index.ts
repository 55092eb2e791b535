export { latestCheckpoint } from '../checkpoint/load';
export { saveCheckpoint } from '../checkpoint/save';
export { exportRewardModel, PADDING_CASES, PADDING_TEXTS, paddingBase } from './reward-export';
