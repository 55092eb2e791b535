import { createHash } from 'node:crypto';
import { type KubeClient, type KubeObject, resourceType } from '@open-chatgpt/kube';
import { LRUCache } from 'lru-cache';

interface TokenReview extends KubeObject {
  spec: { token: string };
  status?: {
    authenticated?: boolean;
    user?: { username?: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> };
  };
}

interface SubjectAccessReview extends KubeObject {
  spec: object;
  status?: { allowed?: boolean };
}

const tokenReviews = resourceType<TokenReview>(
  'authentication.k8s.io/v1',
  'TokenReview',
  'tokenreviews',
  'Cluster',
);
const accessReviews = resourceType<SubjectAccessReview>(
  'authorization.k8s.io/v1',
  'SubjectAccessReview',
  'subjectaccessreviews',
  'Cluster',
);

/** How long an answer of the API server is used; a scraper comes every few seconds. */
const FRESH_MS = 60_000;

/** Asks the API server who a token is, and whether they may read a path: RBAC decides, on nonResourceURLs. */
export class ReviewedAccess {
  /** By a hash, so that no token stays in memory. */
  private readonly known = new LRUCache<string, 200 | 401 | 403>({ max: 100, ttl: FRESH_MS });

  constructor(private readonly client: KubeClient) {}

  /** @returns the status of HTTP that answers the request: 200 when it is allowed */
  async statusOf(authorization: string | undefined, path: string): Promise<200 | 401 | 403> {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return 401;
    const id = createHash('sha256').update(`${path} ${token}`).digest('base64');
    const before = this.known.get(id);
    if (before !== undefined) return before;
    const status = await this.review(token, path);
    this.known.set(id, status);
    return status;
  }

  private async review(token: string, path: string): Promise<200 | 401 | 403> {
    const { status } = await this.client.create(tokenReviews, {
      apiVersion: tokenReviews.apiVersion,
      kind: tokenReviews.kind,
      metadata: {},
      spec: { token },
    });
    if (!status?.authenticated) return 401;
    const { username, uid, groups, extra } = status.user ?? {};
    const review = await this.client.create(accessReviews, {
      apiVersion: accessReviews.apiVersion,
      kind: accessReviews.kind,
      metadata: {},
      spec: { user: username, uid, groups, extra, nonResourceAttributes: { path, verb: 'get' } },
    });
    return review.status?.allowed ? 200 : 403;
  }
}
