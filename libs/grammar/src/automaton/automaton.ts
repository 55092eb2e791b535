import { GrammarError } from '../grammar-error';
import type { Node } from '../network/node';

/** Where calls return to, the innermost first. Equal chains are one object. */
interface Frame {
  readonly id: number;
  readonly to: Node;
  readonly parent: Frame | null;
}

/** A node that reads bytes, and where its calls return to. */
interface Place {
  readonly key: number;
  readonly node: Node;
  readonly frame: Frame | null;
}

/** All places that the text so far can be at. */
export interface State {
  readonly places: readonly Place[];
  /** Whether the text may end here. */
  readonly accepts: boolean;
  /** The state after each byte that was tried; null where no text of the grammar continues so. */
  readonly next: (State | null | undefined)[];
  /** The tokens that may follow (`allowedTokens`). */
  mask: Uint32Array | null;
}

/** Ambiguous grammars have exponentially many places. Beyond this number the first ones are kept: each can be completed. */
const MOST_PLACES = 512;
/** What was built is forgotten beyond these numbers: about 10 MB of states, and for each mask a bit for each token. */
const MOST_STATES = 4096;
const MOST_MASKS = 256;
/** Work for one set of allowed tokens, in places visited: about a quarter of a second. It bounds the memory too, because a state costs more. */
const MOST_VISITS = 1_000_000;
const VISITS_OF_STATE = 400;

/**
 * A deterministic automaton over bytes that is built while it is used, from a network of rules: a state is a set of nodes with their
 * stacks of calls. Each byte costs one look-up where it was seen before.
 */
export class Automaton {
  readonly start: State;
  private frames = new Map<number, Frame>();
  private states = new Map<string, State>();
  private frameCount = 0;
  private visits = 0;
  private masks = 0;

  constructor(root: Node) {
    this.start = this.closure([{ node: root, frame: null }]) as State;
  }

  /** Begins the work for the mask of a state. */
  beginMask(): void {
    this.visits = 0;
    this.masks += 1;
    if (this.states.size <= MOST_STATES && this.masks <= MOST_MASKS) return;
    for (const state of this.states.values()) {
      state.next.length = 0;
      state.mask = null;
    }
    // States in use stay valid: equal frames of before and after are different objects, and only cost a place more.
    this.states = new Map();
    this.frames = new Map();
    this.masks = 1;
  }

  /** @returns null where no text of the grammar continues so @throws GrammarError when the grammar needs too much work */
  step(state: State, byte: number): State | null {
    const known = state.next[byte];
    if (known !== undefined) return known;
    const targets: { node: Node; frame: Frame | null }[] = [];
    for (const { node, frame } of state.places) {
      for (const { low, high, to } of node.bytes)
        if (byte >= low && byte <= high) targets.push({ node: to, frame });
    }
    const next = this.closure(targets);
    state.next[byte] = next;
    return next;
  }

  /** Follows calls and returns up to the next bytes. */
  private closure(queue: { node: Node; frame: Frame | null }[]): State | null {
    const seen = new Set<number>();
    const places: Place[] = [];
    let accepts = false;
    for (let at = queue.pop(); at; at = queue.pop()) {
      const { node, frame } = at;
      const key = node.id * 2 ** 32 + (frame?.id ?? 0);
      if (seen.has(key)) continue;
      seen.add(key);
      this.visits += 1 + node.bytes.length;
      if (this.visits > MOST_VISITS)
        throw new GrammarError(
          'the grammar needs too much work for a token; make it simpler or less ambiguous',
        );
      if (node.bytes.length > 0 && places.length < MOST_PLACES) places.push({ key, node, frame });
      for (const to of node.empty) queue.push({ node: to, frame });
      for (const { start, to } of node.calls)
        queue.push({ node: start, frame: isOnlyEnd(to) ? frame : this.frame(to, frame) });
      if (!node.isEnd) continue;
      if (frame) queue.push({ node: frame.to, frame: frame.parent });
      else accepts = true;
    }
    if (places.length === 0 && !accepts) return null;
    places.sort((a, b) => a.key - b.key);
    const name = `${accepts}${places.map(({ key }) => key).join()}`;
    const known = this.states.get(name);
    if (known) return known;
    this.visits += VISITS_OF_STATE;
    const state: State = { places, accepts, next: [], mask: null };
    this.states.set(name, state);
    return state;
  }

  private frame(to: Node, parent: Frame | null): Frame {
    const key = to.id * 2 ** 32 + (parent?.id ?? 0);
    const known = this.frames.get(key);
    if (known) return known;
    this.frameCount += 1;
    const frame = { id: this.frameCount, to, parent };
    this.frames.set(key, frame);
    return frame;
  }
}

/** A call whose return ends the rule returns to the caller of the rule: lists that are rules need no deeper stack. */
function isOnlyEnd(node: Node): boolean {
  let at = node;
  while (!at.isEnd && at.bytes.length === 0 && at.calls.length === 0 && at.empty.length === 1) {
    at = at.empty[0];
    if (at === node) return false;
  }
  return at.isEnd && at.bytes.length === 0 && at.calls.length === 0 && at.empty.length === 0;
}
