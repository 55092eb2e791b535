import type { Graph } from '@open-chatgpt/autodiff';
import type { Session } from '@open-chatgpt/runtime';
import { type HeadKind, headGraph } from '../graph/head-graph';

/** The compiled heads of a vocabulary, each compiled at first use. */
export class HeadSessions {
  private readonly sessions = new Map<HeadKind, Session>();

  /** @param compile of the engine that runs the body, so that logits stay in its memory */
  constructor(
    readonly vocabSize: number,
    private readonly compile: (graph: Graph) => Session,
  ) {}

  get(kind: HeadKind): Session {
    const session = this.sessions.get(kind) ?? this.compile(headGraph(this.vocabSize, kind));
    this.sessions.set(kind, session);
    return session;
  }
}
