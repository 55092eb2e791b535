export { configureApi } from './api/configure-api';
export { GatewayModule } from './app.module';
export { submissionFields } from './gateway-config';
export { gatewayGroups } from './groups';
