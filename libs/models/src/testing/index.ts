export { writeTinyModel } from './write-tiny-model';
