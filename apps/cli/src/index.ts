export { loadPlatformConfig, type Platform, startPlatform } from './platform/start-platform';
