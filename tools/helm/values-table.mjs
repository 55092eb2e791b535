/** The table of the values of a chart, from the comments of its values.yaml. */
import { parse } from 'yaml';

/**
 * A row for each key with a comment `# -- DESCRIPTION` before it. A key without one belongs to the key above it.
 * @param text a values.yaml, indented by two spaces
 * @returns {{ path: string, value: unknown, description: string }[]} in the order of the file
 */
function describedValues(text) {
  const values = parse(text);
  const rows = [];
  let path = [];
  let description;
  for (const line of text.split('\n')) {
    const comment = /^\s*# -- (.*)$/.exec(line);
    if (comment) {
      description = comment[1];
      continue;
    }
    const key = /^( *)([A-Za-z0-9]+):/.exec(line);
    if (!key) continue;
    path = [...path.slice(0, key[1].length / 2), key[2]];
    if (description === undefined) continue;
    const value = path.reduce((node, name) => node[name], values);
    rows.push({ path: path.join('.'), value, description });
    description = undefined;
  }
  return rows;
}

/** The leaves that no row describes; a row describes everything below its key. */
export function undescribedValues(text) {
  const described = new Set(describedValues(text).map(({ path }) => path));
  const missing = [];
  const visit = (node, path) => {
    if (described.has(path.join('.'))) return;
    const inner =
      node !== null && typeof node === 'object' && !Array.isArray(node) ? Object.entries(node) : [];
    if (inner.length === 0) missing.push(path.join('.'));
    for (const [key, child] of inner) visit(child, [...path, key]);
  };
  for (const [key, child] of Object.entries(parse(text))) visit(child, [key]);
  return missing;
}

/** A Markdown table under a heading for each top-level key with several rows. */
export function valuesTable(text) {
  const rows = describedValues(text);
  const groups = new Map();
  for (const row of rows) {
    const [top, ...rest] = row.path.split('.');
    const group = rest.length > 0 ? top : '';
    groups.set(group, [...(groups.get(group) ?? []), row]);
  }
  return [...groups]
    .map(([group, members]) =>
      [
        `### ${group ? `\`${group}\`` : 'Of the whole chart'}`,
        '',
        '| Value | Default | Meaning |',
        '| --- | --- | --- |',
        ...members.map(
          ({ path, value, description }) =>
            `| \`${path}\` | ${defaultOf(value)} | ${description.replaceAll('|', '\\|')} |`,
        ),
      ].join('\n'),
    )
    .join('\n\n');
}

/** Long defaults are to be looked up in the file. */
function defaultOf(value) {
  const text = JSON.stringify(value);
  if (text === '""') return '';
  return text.length <= 60 ? `\`${text.replaceAll('|', '\\|')}\`` : 'see values.yaml';
}
