export const KUEUE = 'kueue.x-k8s.io';

/** A queue of Kueue of 8 GPUs, called training, in which a higher priority preempts a lower one. */
export const queue = (namespace: string) => [
  { apiVersion: `${KUEUE}/v1beta2`, kind: 'ResourceFlavor', metadata: { name: 'gpu' }, spec: {} },
  {
    apiVersion: `${KUEUE}/v1beta2`,
    kind: 'ClusterQueue',
    metadata: { name: 'training' },
    spec: {
      namespaceSelector: {},
      preemption: { withinClusterQueue: 'LowerPriority' },
      resourceGroups: [
        {
          coveredResources: ['cpu', 'memory', 'nvidia.com/gpu'],
          flavors: [
            {
              name: 'gpu',
              resources: [
                { name: 'cpu', nominalQuota: '64' },
                { name: 'memory', nominalQuota: '640Gi' },
                { name: 'nvidia.com/gpu', nominalQuota: '8' },
              ],
            },
          ],
        },
      ],
    },
  },
  {
    apiVersion: `${KUEUE}/v1beta2`,
    kind: 'LocalQueue',
    metadata: { name: 'training', namespace },
    spec: { clusterQueue: 'training' },
  },
  {
    apiVersion: `${KUEUE}/v1beta2`,
    kind: 'WorkloadPriorityClass',
    metadata: { name: 'urgent' },
    value: 1000,
  },
  {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'important' },
    value: 500,
    preemptionPolicy: 'Never',
  },
];
