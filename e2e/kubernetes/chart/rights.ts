import type { Cluster } from '@open-chatgpt/tools/cluster/cluster.cjs';

/** `verb resource`, such as `create jobs.batch`, `get pods/log`, `list secrets`. */
type Right = string;

/** Which of the rights a service account has in a namespace, as the API server decides. */
export async function allowedOf(
  cluster: Cluster,
  [accountNamespace, account]: readonly [string, string],
  namespace: string,
  rights: readonly Right[],
): Promise<Right[]> {
  const reviews = rights.map((right) => {
    const [verb, path] = right.split(' ');
    const [kind, subresource] = path.split('/');
    const [resource, ...group] = kind.split('.');
    return {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: `system:serviceaccount:${accountNamespace}:${account}`,
        groups: [
          'system:serviceaccounts',
          `system:serviceaccounts:${accountNamespace}`,
          'system:authenticated',
        ],
        resourceAttributes: { namespace, verb, resource, subresource, group: group.join('.') },
      },
    };
  });
  const input = reviews.map((review) => JSON.stringify(review)).join('\n---\n');
  const output = ['--output', 'jsonpath={.status.allowed}{"\\n"}'];
  const answers = (await cluster.kubectl(['create', '--filename', '-', ...output], { input }))
    .trim()
    .split('\n');
  return rights.filter((_, at) => answers[at] === 'true');
}
