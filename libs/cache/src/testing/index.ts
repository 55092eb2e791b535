export { writeFakePlugin } from './fake-plugin';
