export { configureApi } from './api/configure-api';
export { GatewayModule } from './app.module';
export { gatewayGroups } from './groups';
