export { latestCheckpoint } from '../checkpoint/load';
export { saveCheckpoint } from '../checkpoint/save';
