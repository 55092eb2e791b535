import { readServerSentEvents, type ServerSentEvent } from './server-sent-events';

/** A pipeline as the gateway gives it; the fields that the program looks at. */
export interface SubmittedPipeline {
  pipelineId: string;
  status: 'waiting' | 'running' | 'completed' | 'failed' | 'cancelled';
  stages: {
    stage: string;
    runId: string;
    status: string;
    error?: { message: string };
    model?: { uri: string };
  }[];
}

/** Speaks to the control API of a running platform. */
export class GatewayClient {
  constructor(private readonly url: string) {}

  async submit(pipeline: string): Promise<SubmittedPipeline> {
    return (await this.call('POST', 'v1/pipelines', { pipeline })) as SubmittedPipeline;
  }

  async get(pipelineId: string): Promise<SubmittedPipeline> {
    return (await this.call('GET', `v1/pipelines/${encodeURIComponent(pipelineId)}`)) as SubmittedPipeline;
  }

  async cancel(pipelineId: string): Promise<void> {
    await this.call('POST', `v1/pipelines/${encodeURIComponent(pipelineId)}/cancel`);
  }

  /** What happens to a pipeline from now on, until it ends. */
  async *watch(pipelineId: string, signal: AbortSignal): AsyncGenerator<ServerSentEvent> {
    const response = await this.fetch(
      'GET',
      `v1/pipelines/${encodeURIComponent(pipelineId)}/events`,
      undefined,
      signal,
    );
    if (response.body) yield* readServerSentEvents(response.body);
  }

  private async call(method: string, path: string, body?: object): Promise<unknown> {
    return (await this.fetch(method, path, body)).json();
  }

  private async fetch(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
    const url = new URL(path, this.url.endsWith('/') ? this.url : `${this.url}/`);
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        signal,
        ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      const cause = (error as Error).cause as Error | undefined;
      throw new Error(
        `${this.url} does not answer (${cause?.message ?? (error as Error).message}); is the platform up? openchat up`,
      );
    }
    if (response.ok) return response;
    const problem = (await response.json().catch(() => null)) as { detail?: string } | null;
    throw new Error(
      `${method} ${url.pathname}: ${response.status} ${problem?.detail ?? response.statusText}`,
    );
  }
}
