import type { Expression, Grammar } from '../expression';
import { GrammarError } from '../grammar-error';
import type { Network, Node } from './node';
import { type ByteSequence, utf8Sequences } from './utf8';

/** Limits of a grammar, which bound the time and the memory of its compilation. */
const MOST_NODES = 100_000;
const DEEPEST = 200;
/** A part that is repeated more often becomes a rule, so that nested repetitions do not multiply. */
const LARGEST_INLINE_REPEAT = 3;

/**
 * The network of a grammar over bytes of UTF-8 (Thompson's construction, with calls of rules).
 * @throws GrammarError for a rule that does not exist, and for a grammar that is too large
 */
export function buildNetwork(grammar: Grammar): Network {
  return new Builder(grammar.rules).build(grammar.root);
}

class Builder {
  private readonly nodes: Node[] = [];
  private readonly starts = new Map<string, Node>();
  /** Rules whose bodies are still to be built. */
  private readonly pending: { start: Node; body: Expression }[] = [];

  constructor(private readonly rules: ReadonlyMap<string, Expression>) {}

  build(root: Expression): Network {
    const start = this.rule(root);
    const starts: Node[] = [];
    for (let next = this.pending.pop(); next; next = this.pending.pop()) {
      starts.push(next.start);
      this.expression(next.body, next.start, 0).isEnd = true;
    }
    return { nodes: this.nodes, starts, root: start };
  }

  private node(): Node {
    if (this.nodes.length === MOST_NODES)
      throw new GrammarError(
        `the grammar is too large: it needs more than ${MOST_NODES} states; make it smaller, or lower its counts of repetitions`,
      );
    const node: Node = { id: this.nodes.length, bytes: [], calls: [], empty: [], isEnd: false };
    this.nodes.push(node);
    return node;
  }

  private rule(body: Expression): Node {
    const start = this.node();
    this.pending.push({ start, body });
    return start;
  }

  private named(name: string): Node {
    const known = this.starts.get(name);
    if (known) return known;
    const body = this.rules.get(name);
    if (!body) throw new GrammarError(`the rule "${name}" does not exist`);
    const start = this.rule(body);
    this.starts.set(name, start);
    return start;
  }

  /** Adds what an expression matches after `from`. @returns the node after it */
  private expression(expression: Expression, from: Node, depth: number): Node {
    if (depth > DEEPEST) throw new GrammarError(`the grammar is nested more than ${DEEPEST} levels deep`);
    switch (expression.kind) {
      case 'text':
        return this.text(Buffer.from(expression.text), from);
      case 'class':
        return this.bytes(expression.ranges.flatMap(utf8Sequences), from);
      case 'sequence':
        return expression.parts.reduce((node, part) => this.expression(part, node, depth + 1), from);
      case 'choice': {
        const to = this.node();
        for (const option of expression.options) this.expression(option, from, depth + 1).empty.push(to);
        return to;
      }
      case 'repeat':
        return this.repeat(expression.part, expression.least, expression.most, from, depth + 1);
      case 'rule':
        return this.call(this.named(expression.name), from);
    }
  }

  private call(start: Node, from: Node): Node {
    const to = this.node();
    from.calls.push({ start, to });
    return to;
  }

  private text(bytes: Uint8Array, from: Node): Node {
    let node = from;
    for (const byte of bytes) {
      const to = this.node();
      node.bytes.push({ low: byte, high: byte, to });
      node = to;
    }
    return node;
  }

  /** Sequences with the same end share its nodes. */
  private bytes(sequences: readonly ByteSequence[], from: Node): Node {
    const to = this.node();
    const ends = new Map<string, Node>([['', to]]);
    const ending = (rest: ByteSequence): Node => {
      const key = rest.join(' ');
      const known = ends.get(key);
      if (known) return known;
      const node = this.node();
      ends.set(key, node);
      this.edge(node, rest, ending);
      return node;
    };
    for (const sequence of sequences) this.edge(from, sequence, ending);
    return to;
  }

  private edge(from: Node, [[low, high], ...rest]: ByteSequence, ending: (rest: ByteSequence) => Node): void {
    from.bytes.push({ low, high, to: ending(rest) });
  }

  private repeat(part: Expression, least: number, most: number, from: Node, depth: number): Node {
    const counted = Number.isFinite(most) ? most : least + 1;
    const start = counted > LARGEST_INLINE_REPEAT ? this.rule(part) : null;
    const once = (node: Node) => (start ? this.call(start, node) : this.expression(part, node, depth));
    let node = from;
    for (let i = 0; i < least; i++) node = once(node);
    const end = this.node();
    if (most === Number.POSITIVE_INFINITY) {
      const loop = this.node();
      node.empty.push(loop);
      once(loop).empty.push(loop);
      loop.empty.push(end);
      return end;
    }
    for (let i = least; i < most; i++) {
      // A copy of the node: an option of a choice begins at `from` too, and must not end there.
      const begin = this.node();
      node.empty.push(begin);
      begin.empty.push(end);
      node = once(begin);
    }
    node.empty.push(end);
    return end;
  }
}
