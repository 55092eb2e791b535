import { defaults, run } from '../testing/objects';
import { jobOf } from './job';

// biome-ignore lint/suspicious/noExplicitAny: each case states the fields that it is about
const made = (spec: object = {}, more: object = {}, suspended = false): any =>
  jobOf(run(spec), 'sft', { ...defaults, ...more }, { suspended });

describe('the Job of a run', () => {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  it.each<[string, object, object, (job: any) => unknown, unknown]>([
    [
      'GPUs',
      { trainer: { ranks: 1, gpus: 2 } },
      {},
      resources,
      { requests: gpus('2'), limits: { 'nvidia.com/gpu': '2' } },
    ],
    [
      'a GPU of another kind',
      { trainer: { ranks: 1, gpus: 1, gpuResourceName: 'nvidia.com/mig-1g.10gb' } },
      {},
      ({ spec }) => spec.template.spec.containers[0].resources.limits,
      { 'nvidia.com/mig-1g.10gb': '1' },
    ],
    [
      'devices of a claim',
      { trainer: { ranks: 1, gpus: 0, resourceClaimTemplateName: 'gpus' } },
      {},
      ({ spec }) => [spec.template.spec.resourceClaims, spec.template.spec.containers[0].resources.claims],
      [[{ name: 'devices', resourceClaimTemplateName: 'gpus' }], [{ name: 'devices' }]],
    ],
    [
      'nodes of the user and of the installation',
      { trainer: { ranks: 1, nodeSelector: { gpu: 'h100' } } },
      { nodeSelector: { pool: 'training' } },
      ({ spec }) => spec.template.spec.nodeSelector,
      { pool: 'training', gpu: 'h100' },
    ],
    [
      'a name in DNS for each of several ranks',
      { trainer: { ranks: 4 } },
      {},
      ({ spec }) => [spec.completions, spec.parallelism, spec.completionMode, spec.template.spec.subdomain],
      [4, 4, 'Indexed', 'chat-sft'],
    ],
    ['a deadline', { activeDeadlineSeconds: 9 }, {}, ({ spec }) => spec.activeDeadlineSeconds, 9],
    ['a retry budget', { backoffLimit: 0 }, {}, ({ spec }) => spec.backoffLimit, 0],
    ['another controller', { managedBy: 'a/b' }, {}, ({ spec }) => spec.managedBy, 'a/b'],
    ['a queue', { queueName: 'q' }, {}, ({ metadata }) => metadata.labels['kueue.x-k8s.io/queue-name'], 'q'],
    [
      'no token, no root, no writable root file system',
      {},
      {},
      ({ spec: { template } }) => [
        template.spec.automountServiceAccountToken,
        template.spec.securityContext.runAsNonRoot,
        template.spec.containers[0].securityContext.readOnlyRootFilesystem,
      ],
      [false, true, true],
    ],
  ])('has %s', (_, spec, more, part, expected) => {
    expect(part(made(spec, more))).toEqual(expected);
  });

  it('gives up, tries again, or does not count a failure by its exit code', () => {
    const { rules } = made().spec.podFailurePolicy;
    expect(
      rules.map(({ action, onExitCodes }: { action: string; onExitCodes?: { values: number[] } }) => [
        action,
        onExitCodes?.values,
      ]),
    ).toEqual([
      ['Ignore', undefined],
      ['FailJob', [65]],
      ['Ignore', [79, 143]],
    ]);
  });

  it('names the image that is not configured', () => {
    expect(() => made({}, { images: {} })).toThrow('images.sft-trainer');
  });
});

// biome-ignore lint/suspicious/noExplicitAny: as above
function resources({ spec }: any): unknown {
  return spec.template.spec.containers[0].resources;
}

function gpus(count: string): Record<string, unknown> {
  return { cpu: '2', memory: expect.stringMatching(/^\d+Mi$/), 'nvidia.com/gpu': count };
}
