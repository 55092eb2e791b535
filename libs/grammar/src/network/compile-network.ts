import type { Grammar } from '../expression';
import { GrammarError } from '../grammar-error';
import { buildNetwork } from './build-network';
import type { Network, Node } from './node';
import { reachingEnd } from './reach';

/**
 * The network of a grammar without dead ends: from each node that is left, some text of `alphabet` completes the rule.
 * @param alphabet 1 for each byte that the text may have
 * @returns its first node
 * @throws GrammarError for a grammar that no text matches, is too large, or is left-recursive
 */
export function compileNetwork(grammar: Grammar, alphabet: Uint8Array): Node {
  const network = buildNetwork(grammar);
  for (const node of network.nodes) node.bytes = node.bytes.flatMap((edge) => split(edge, alphabet));
  const useful = reachingEnd(network, 'all');
  for (const node of network.nodes) {
    node.bytes = node.bytes.filter(({ to }) => useful.has(to));
    node.calls = node.calls.filter(({ start, to }) => useful.has(start) && useful.has(to));
    node.empty = node.empty.filter((to) => useful.has(to));
  }
  if (!useful.has(network.root))
    throw new GrammarError(
      'no finite text matches the grammar, at least none that the tokens of this model can write; check it for a rule or a schema that needs itself',
    );
  refuseLeftRecursion(network);
  return network.root;
}

/** The parts of a range of bytes that are in the alphabet. */
function split({ low, high, to }: Node['bytes'][number], alphabet: Uint8Array): Node['bytes'] {
  const parts: Node['bytes'] = [];
  for (let byte = low; byte <= high; byte++) {
    if (!alphabet[byte]) continue;
    const last = parts.at(-1);
    if (last && last.high === byte - 1) last.high = byte;
    else parts.push({ low: byte, high: byte, to });
  }
  return parts;
}

/** A rule that calls itself before it reads a byte would need endlessly many calls. */
function refuseLeftRecursion(network: Network): void {
  const nullable = reachingEnd(network, 'empty');
  const callees = new Map(network.starts.map((start) => [start, leftCalls(start, nullable)]));
  const done = new Set<Node>();
  const open = new Set<Node>();
  for (const root of network.starts) {
    const path = [{ start: root, next: 0 }];
    while (path.length > 0) {
      const top = path[path.length - 1];
      if (top.next === 0) open.add(top.start);
      const callee = done.has(top.start) ? undefined : callees.get(top.start)![top.next++];
      if (callee === undefined) {
        done.add(top.start);
        open.delete(top.start);
        path.pop();
      } else if (open.has(callee)) {
        throw new GrammarError(
          'the grammar is left-recursive: a rule or a schema refers to itself before any text; write it as a repetition',
        );
      } else if (!done.has(callee)) path.push({ start: callee, next: 0 });
    }
  }
}

/** The rules that a rule calls before it reads a byte. */
function leftCalls(start: Node, nullable: ReadonlySet<Node>): Node[] {
  const called = new Set<Node>();
  const seen = new Set([start]);
  const queue = [start];
  for (let node = queue.pop(); node; node = queue.pop()) {
    const next = [...node.empty];
    for (const call of node.calls) {
      called.add(call.start);
      if (nullable.has(call.start)) next.push(call.to);
    }
    for (const to of next) {
      if (seen.has(to)) continue;
      seen.add(to);
      queue.push(to);
    }
  }
  return [...called];
}
