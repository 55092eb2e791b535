export { GatewayModule } from './app.module';
export { gatewayGroups } from './pipelines/pipelines.consumer';
