/**
 * The bytes of all tokens as a prefix tree, in arrays in depth-first order: a subtree is a range of nodes, so that it is skipped in one
 * step.
 */
export interface TokenTrie {
  /** The number of tokens of the model, with and without bytes. */
  vocabSize: number;
  byte: Uint8Array;
  depth: Uint16Array;
  /** The first node after the subtree. */
  end: Int32Array;
  /** The tokens of node i are `tokens[first[i]]` … `tokens[first[i + 1] − 1]`. */
  first: Int32Array;
  tokens: Int32Array;
  deepest: number;
}

/** @param bytes of each token, one character for each byte; null and '' for a token without text */
export function createTokenTrie(bytes: readonly (string | null)[], vocabSize: number): TokenTrie {
  const known = [...bytes.slice(0, vocabSize).entries()].filter((entry): entry is [number, string] =>
    Boolean(entry[1]),
  );
  known.sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0));
  let count = 0;
  let previous = '';
  const shared = known.map(([, text]) => {
    const length = commonPrefix(previous, text);
    count += text.length - length;
    previous = text;
    return length;
  });
  const deepest = known.reduce((most, [, text]) => Math.max(most, text.length), 0);
  const trie: TokenTrie = {
    vocabSize,
    byte: new Uint8Array(count),
    depth: new Uint16Array(count),
    end: new Int32Array(count),
    first: new Int32Array(count + 1),
    tokens: Int32Array.from(known, ([token]) => token),
    deepest,
  };
  const open: number[] = [];
  let node = 0;
  const close = (depth: number) => {
    while (open.length > depth) trie.end[open.pop()!] = node;
  };
  known.forEach(([, text], i) => {
    close(shared[i]);
    for (let depth = shared[i]; depth < text.length; depth++) {
      trie.byte[node] = text.charCodeAt(depth);
      trie.depth[node] = depth;
      // Tokens of the nodes before it come first; the text's own token belongs to its last byte.
      trie.first[node] = i;
      open.push(node++);
    }
  });
  close(0);
  trie.first[count] = known.length;
  return trie;
}

function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}
