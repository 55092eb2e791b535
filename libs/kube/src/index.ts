export { connectFromEnvironment } from './client/connection';
export { KubeClient } from './client/kube-client';
export { KubeError } from './client/kube-error';
export type { ClientMetrics } from './client/metrics';
export type { Applied } from './client/options';
export { type Condition, isTrue, setCondition, setReadiness } from './conditions';
export { Controller, ownedBy, type ReconcileResult, type Source, watches } from './controller';
export { EventRecorder } from './event-recorder';
export { byLabel, byOwnerUid } from './informer/cache';
export { type Change, Informer, type InformerMetrics } from './informer/informer';
export { LeaderElection } from './leader-election';
export type { KubeLogger } from './logger';
export {
  controllerOf,
  type KubeObject,
  keyOf,
  ownerReference,
  type ResourceType,
  resourceType,
} from './object';
export type { QueueMetrics } from './queue/work-queue';
