export { prepareApi } from './api/prepare';
export { GatewayModule } from './app.module';
export { gatewayGroups } from './groups';
