export type { Backoff } from './backoff';
export type { CallOptions, KubeClientOptions } from './client/caller';
export { type ConnectOptions, connectFromEnvironment, type KubeConnection } from './client/connection';
export { type Fence, NotLeaderError } from './client/fence';
export {
  type Applied,
  type ApplyOptions,
  type DeleteOptions,
  KubeClient,
  type ListOptions,
  type Page,
  type WriteOptions,
} from './client/kube-client';
export { KubeError, type KubeErrorCause, type KubeReason } from './client/kube-error';
export type { ClientMetrics, Verb } from './client/metrics';
export {
  type Condition,
  findCondition,
  isTrue,
  type NewCondition,
  type Readiness,
  removeCondition,
  setCondition,
  setReadiness,
} from './conditions';
export {
  Controller,
  type ControllerOptions,
  ownedBy,
  type ReconcileContext,
  type ReconcileResult,
  type Source,
  watches,
} from './controller';
export { type EventDetails, EventRecorder, type EventRecorderOptions } from './event-recorder';
export { byLabel, byOwnerUid, type IndexFunction } from './informer/cache';
export { type Change, Informer, type InformerMetrics, type InformerOptions } from './informer/informer';
export { type ElectionEnd, LeaderElection, type LeaderElectionOptions } from './leader-election';
export { type KubeLogger, silentLogger } from './logger';
export {
  controllerOf,
  type KubeObject,
  keyOf,
  nameOf,
  type ObjectMeta,
  type ObjectName,
  type OwnerReference,
  ownerReference,
  type ResourceType,
  resourceType,
} from './object';
export { type QueueMetrics, WorkQueue, type WorkQueueOptions } from './queue/work-queue';
