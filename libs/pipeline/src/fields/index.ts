export { type LoraSettings, loraSchema } from './lora';
export { nearestName } from './nearest-name';
export { parseConfig } from './parse';
