import { startProgram } from '@open-chatgpt/service/start-program';

startProgram(async () => (await import('./run-gateway.js')).runGateway());
