export { ArtifactResources } from './artifact-resources';
export { connectToCluster } from './cluster-connection';
export { KubernetesExecutor } from './kubernetes-executor';
export { PipelineMirror } from './pipeline-mirror';
export { PodLogs } from './pod-logs';
