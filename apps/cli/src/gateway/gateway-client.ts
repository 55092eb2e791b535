import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { DeadLetterSummary } from '@open-chatgpt/messaging';
import type { AlgorithmName } from '@open-chatgpt/pipeline';
import type { FolderReference } from '@open-chatgpt/storage';
import { invocation } from '../terminal/invocation';

/** The fields of a pipeline that this program reads. */
export interface SubmittedPipeline {
  pipelineId: string;
  status: 'waiting' | 'running' | 'completed' | 'failed' | 'cancelled';
  stages: {
    stage: string;
    algorithm: AlgorithmName;
    runId: string;
    status: string;
    /** Number of starts so far. */
    attempt: number;
    step: number;
    totalSteps: number;
    error?: { message: string };
    model?: { uri: string };
  }[];
}

/** One page of a list. */
export interface Page<T = Record<string, unknown>> {
  items: T[];
  next: string | null;
}

interface CollectedFolders {
  folders: number;
  bytes: number;
  /** Keys of their manifests. */
  keys: string[];
}

/** The report of a garbage collection. */
export interface CollectedGarbage {
  dryRun: boolean;
  graceSeconds: number;
  kept: number;
  hidden: CollectedFolders;
  removed: CollectedFolders;
  /** Objects exchanged for PPO runs whose learner was killed. */
  abandonedWork: { objects: number; bytes: number };
  partialWrites: number;
  /** Damaged documents; folders that they may refer to are kept. */
  damaged: string[];
  checkpointsGone: number;
}

/** The gateway does not answer, or not as a gateway. A retry may succeed. */
export class GatewayUnreachable extends Error {
  override readonly name = 'GatewayUnreachable';
}

/** The gateway rejects the request. A retry cannot succeed. */
export class GatewayRefused extends Error {
  override readonly name = 'GatewayRefused';

  /** @param status of the response, if it is that of a gateway */
  constructor(
    message: string,
    readonly status?: number,
  ) {
    super(message);
  }
}

/** Client of the control API of a running platform. */
export class GatewayClient {
  /** @param token the bearer token, if any */
  constructor(
    readonly url: string,
    private readonly token?: string,
  ) {}

  /** @param pipelineId by default the gateway creates one */
  async submit(pipeline: string, pipelineId?: string): Promise<SubmittedPipeline> {
    return (await this.call('POST', 'v1/pipelines', { pipeline, pipelineId })) as SubmittedPipeline;
  }

  /** Registers a model that is in the platform's store. */
  async importModel(model: { modelId: string; name: string; manifest: FolderReference }): Promise<void> {
    await this.call('POST', 'v1/models', model);
  }

  async collectGarbage(rules: { graceSeconds: number; dryRun: boolean }): Promise<CollectedGarbage> {
    return (await this.call('POST', 'v1/garbage-collection', rules)) as CollectedGarbage;
  }

  async pipeline(pipelineId: string): Promise<SubmittedPipeline> {
    return (await this.get('pipelines', pipelineId)) as SubmittedPipeline;
  }

  /** What a pipeline has come to until now: the content of report.json. */
  report(pipelineId: string): Promise<unknown> {
    return this.call('GET', `v1/pipelines/${encodeURIComponent(pipelineId)}/report`);
  }

  /** The same as an HTML page. */
  async reportPage(pipelineId: string): Promise<string> {
    const path = `v1/pipelines/${encodeURIComponent(pipelineId)}/report.html`;
    return (await this.fetch('GET', path, {})).text();
  }

  async control(pipelineId: string, action: 'cancel' | 'resume'): Promise<SubmittedPipeline> {
    const path = `v1/pipelines/${encodeURIComponent(pipelineId)}/${action}`;
    return (await this.call('POST', path)) as SubmittedPipeline;
  }

  /** @param kind a resource of the API, such as `runs` */
  get(kind: string, id: string): Promise<unknown> {
    return this.call('GET', `v1/${kind}/${encodeURIComponent(id)}`);
  }

  /** @param kind `pipelines`, `datasets` or `models` */
  async delete(kind: string, id: string): Promise<void> {
    await this.call('DELETE', `v1/${kind}/${encodeURIComponent(id)}`);
  }

  async list<T = Record<string, unknown>>(
    kind: string,
    query: Readonly<Record<string, string | number | undefined>> = {},
  ): Promise<Page<T>> {
    const page = (await this.call('GET', `v1/${kind}?${searchOf(query)}`)) as Partial<Page<T>>;
    if (!Array.isArray(page.items)) throw this.noGateway(`its ${kind} are not a list`);
    return page as Page<T>;
  }

  async deadLetters(): Promise<DeadLetterSummary[]> {
    const letters: DeadLetterSummary[] = [];
    let after: string | undefined;
    do {
      const page = await this.list<DeadLetterSummary & { createdAt: string }>('dead-letters', {
        limit: 1000,
        after,
      });
      letters.push(...page.items.map(({ createdAt, ...letter }) => ({ ...letter, failedAt: createdAt })));
      after = page.next ?? undefined;
    } while (after !== undefined);
    return letters.reverse();
  }

  async settleDeadLetters(action: 'replay' | 'discard', ids: readonly string[]): Promise<number> {
    const settled = (await this.call('POST', `v1/dead-letters/${action}`, { ids })) as {
      replayed: number;
      discarded: number;
    };
    return settled.replayed + settled.discarded;
  }

  /** The body of a pipeline's event stream. @param after the id of the last event received */
  async openEvents(pipelineId: string, after: string | undefined, signal: AbortSignal) {
    const path = `v1/pipelines/${encodeURIComponent(pipelineId)}/events`;
    const headers = after === undefined ? undefined : { 'last-event-id': after };
    const { body } = await this.fetch('GET', path, { signal, headers });
    if (!body) throw new GatewayUnreachable(`${this.url} sent no events`);
    // fetch references its signal weakly: after a garbage collection, an abort would not end the body.
    return Readable.fromWeb(body as ReadableStream<Uint8Array>, { signal });
  }

  /** The log of a run, as it comes. */
  async openLogs(
    runId: string,
    query: Readonly<Record<string, string | number | boolean | undefined>>,
  ): Promise<Readable> {
    const path = `v1/runs/${encodeURIComponent(runId)}/logs?${searchOf(query)}`;
    const { body } = await this.fetch('GET', path, {});
    return body ? Readable.fromWeb(body as ReadableStream<Uint8Array>) : Readable.from([]);
  }

  private async call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await this.fetch(method, path, {
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    try {
      return await response.json();
    } catch {
      throw new GatewayUnreachable(`${this.url} does not answer with JSON; is it the URL of a gateway?`);
    }
  }

  private async fetch(method: string, path: string, init: RequestInit): Promise<Response> {
    const url = new URL(path, this.url.endsWith('/') ? this.url : `${this.url}/`);
    const headers = { ...init.headers, ...(this.token && { authorization: `Bearer ${this.token}` }) };
    let response: Response;
    try {
      response = await fetch(url, { ...init, method, headers, redirect: 'error' });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      const cause = (error as Error).cause as Error | undefined;
      throw new GatewayUnreachable(
        `${this.url} does not answer (${cause?.message ?? (error as Error).message}); is the platform running? Start one with ${invocation()} up`,
      );
    }
    if (response.ok) return response;
    const problem = (await response.json().catch(() => null)) as { detail?: string } | null;
    if (response.status === 404 && !problem?.detail) throw this.noGateway(`there is no ${url.pathname}`);
    const detail = problem?.detail ?? response.statusText;
    if (response.status === 401) {
      const remedy = this.token ? '' : '; set OPEN_CHATGPT_TOKEN or --token-file';
      throw new GatewayRefused(`${this.url} does not accept the credentials: ${detail}${remedy}`);
    }
    if (response.status === 403) throw new GatewayRefused(`${this.url} does not allow this: ${detail}`);
    const message = `${method} ${url.pathname}: ${response.status} ${detail}`;
    throw response.status >= 500 || response.status === 429
      ? new GatewayUnreachable(message)
      : new GatewayRefused(message, response.status);
  }

  private noGateway(why: string): GatewayRefused {
    return new GatewayRefused(
      `${this.url} is not the control API of a platform (${why}); another program may listen there, such as openchat serve`,
    );
  }
}

function searchOf(query: Readonly<Record<string, string | number | boolean | undefined>>): URLSearchParams {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
}
