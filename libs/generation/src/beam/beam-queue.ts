import type { Decoder, Workspace } from '../decoder/decoder';
import { type BeamSearchRequest, beamSearch } from './beam-search';
import type { Hypothesis } from './hypotheses';

/** Runs one beam search at a time, in its own workspace, which the first search creates. An aborted one waits no longer. */
export class BeamQueue {
  private workspace: Workspace | null = null;
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly decoder: Decoder) {}

  get kvCacheBytes(): number {
    return this.workspace?.kvCacheBytes ?? 0;
  }

  search(request: BeamSearchRequest): Promise<Hypothesis> {
    this.workspace ??= this.decoder.createWorkspace();
    const workspace = this.workspace;
    const result = this.last.then(() => beamSearch(workspace, request));
    this.last = result.catch(() => {});
    const { signal } = request;
    const aborted = new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    return Promise.race([result, aborted]);
  }
}
