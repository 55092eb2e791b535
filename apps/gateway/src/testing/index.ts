export { publishEnd, publishSteps } from './publish-run';
export { somePipeline, startGateway, until } from './start-gateway';
export { type Seen, watch } from './watch';
