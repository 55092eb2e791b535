import type { Automaton, State } from './automaton';
import type { TokenTrie } from './token-trie';

/** The tokens whose bytes continue a text of the grammar, as bits. The state keeps the result. */
export function allowedTokens(automaton: Automaton, state: State, trie: TokenTrie): Uint32Array {
  if (state.mask) return state.mask;
  automaton.beginMask();
  const { byte, depth, end, first, tokens } = trie;
  const mask = new Uint32Array(Math.ceil(trie.vocabSize / 32));
  const path: State[] = [state];
  for (let node = 0; node < byte.length; ) {
    const next = automaton.step(path[depth[node]], byte[node]);
    if (!next) {
      node = end[node];
      continue;
    }
    path[depth[node] + 1] = next;
    for (let i = first[node]; i < first[node + 1]; i++) mask[tokens[i] >>> 5] |= 1 << (tokens[i] & 31);
    node++;
  }
  state.mask = mask;
  return mask;
}
