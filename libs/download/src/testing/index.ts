export { startPackageIndex } from './package-index';
