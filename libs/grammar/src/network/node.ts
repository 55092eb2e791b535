/** A state of the recursive transition network (Woods 1970) of a grammar: one automaton for each rule, whose edges may call rules. */
export interface Node {
  readonly id: number;
  bytes: { low: number; high: number; to: Node }[];
  /** Continues at `to` when the rule that starts at `start` has matched. */
  calls: { start: Node; to: Node }[];
  empty: Node[];
  /** The rule has matched. */
  isEnd: boolean;
}

export interface Network {
  nodes: readonly Node[];
  starts: readonly Node[];
  root: Node;
}
