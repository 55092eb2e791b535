export { somePipeline, startGateway, until } from './start-gateway';
export { tellEnd, tellSteps } from './tell-run';
export { type Seen, watch } from './watch';
