import type { Message } from '@open-chatgpt/tokenizer';
import type { PreferenceExample, PromptExample, SupervisedExample } from '../examples';
import { isRow, type Row, RowDropped, textOf } from '../reading/row';
import type { Adapter } from './adapter';

interface Node {
  message: Message;
  /** 0 is the best of its siblings; null when it has no rank. */
  rank: number | null;
  replies: Node[];
}

/**
 * OpenAssistant: trees `{message_tree_id, prompt: {text, role, rank, replies}}`, their roots alone, or flat messages with `parent_id`,
 * which are assembled first. A deleted message is removed with its replies. Supervised: the best-ranked path. Preferences: at each
 * turn the best-ranked answer over each other ranked one.
 */
export const oasst: Adapter = {
  name: 'oasst',
  // Labels are ratings of a message; a tree has answers of which the best path is used.
  fields: ['labels', 'prompt'],
  detect: (row) => 'message_tree_id' in row || ('message_id' in row && 'parent_id' in row),
  groupOf(row) {
    if (!('parent_id' in row) || 'replies' in row || 'prompt' in row) return undefined;
    return typeof row['message_tree_id'] === 'string' ? row['message_tree_id'] : '';
  },
  assemble: assembleTrees,
  supervised(row) {
    const path: Node[] = [];
    for (let node: Node | undefined = readTree(row); node; node = best(node.replies)) path.push(node);
    const end = path.map((node) => node.message.role).lastIndexOf('assistant');
    if (end === -1) throw new RowDropped('noAnswer');
    const example: SupervisedExample = { messages: path.slice(0, end + 1).map((node) => node.message) };
    return [example];
  },
  preference(row) {
    const pairs: PreferenceExample[] = [];
    collectPairs(readTree(row), [], pairs);
    if (pairs.length === 0) throw new RowDropped('noRankedAnswers');
    return pairs;
  },
  prompts: (row): PromptExample[] => [{ messages: [readTree(row).message] }],
};

function collectPairs(node: Node, before: Message[], pairs: PreferenceExample[]): void {
  const prompt = [...before, node.message];
  const ranked = node.replies
    .filter((reply) => reply.rank !== null && reply.message.role === 'assistant')
    .sort((a, b) => (a.rank as number) - (b.rank as number));
  for (const worse of ranked.slice(1)) {
    const [chosen, rejected] = [ranked[0].message.content, worse.message.content];
    if (ranked[0].rank !== worse.rank && chosen !== rejected) pairs.push({ prompt, chosen, rejected });
  }
  for (const reply of node.replies) collectPairs(reply, prompt, pairs);
}

function best(replies: readonly Node[]): Node | undefined {
  const rank = (node: Node) => node.rank ?? Number.POSITIVE_INFINITY;
  return replies.reduce<Node | undefined>((a, b) => (a && rank(a) <= rank(b) ? a : b), undefined);
}

function readTree(row: Row): Node {
  const root = isRow(row['prompt']) ? row['prompt'] : row;
  if (root['deleted'] === true) throw new RowDropped('deleted');
  const tree = readNode(root);
  if (tree.message.role !== 'user') throw new RowDropped('noUserTurn');
  return tree;
}

function readNode(row: Row): Node {
  const role = textOf(row, 'role');
  if (role !== 'prompter' && role !== 'assistant') throw new RowDropped('unknownRole');
  const replies = Array.isArray(row['replies']) ? row['replies'].filter(isRow) : [];
  return {
    message: { role: role === 'prompter' ? 'user' : 'assistant', content: textOf(row, 'text') },
    rank: typeof row['rank'] === 'number' ? row['rank'] : null,
    replies: replies.filter((reply) => reply['deleted'] !== true && reply['text']).map(readNode),
  };
}

/** Roots with `replies`, from rows that name their parent. Rows that are trees already stay as they are. */
function assembleTrees(rows: Row[]): Row[] {
  if (!rows.some((row) => row['parent_id'] && !('replies' in row))) return rows;
  const nodes = new Map(rows.map((row) => [row['message_id'], { ...row, replies: [] as Row[] }]));
  const roots: Row[] = [];
  for (const node of nodes.values() as Iterable<Row & { replies: Row[] }>) {
    const parent = nodes.get(node['parent_id']);
    if (parent) parent.replies.push(node);
    else if (!node['parent_id']) roots.push(node);
  }
  return roots;
}
