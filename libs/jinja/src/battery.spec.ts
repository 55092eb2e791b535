import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileTemplate, TemplateError } from '.';

/** What Python's jinja2 made of a template (`want`), or that it refused it (`error`). */
interface Golden {
  want?: string;
  error?: string;
}

const read = (name: string) => JSON.parse(readFileSync(join(__dirname, '..', 'golden', name), 'utf8'));
const constructs: {
  now: string;
  context: Record<string, unknown>;
  cases: (Golden & { group: string; template: string })[];
} = read('constructs.json');
const templates: {
  conversations: Record<string, Record<string, unknown>>;
  templates: { name: string; template: string; results: Record<string, Golden> }[];
} = read('templates.json');

const now = () => new Date(constructs.now);

function check(template: string, variables: Record<string, unknown>, golden: Golden): void {
  const render = () => compileTemplate(template).render(variables, { now });
  if (golden.want === undefined) expect(render).toThrow(TemplateError);
  else expect(render()).toBe(golden.want);
}

describe('constructs that chat templates use, as Python renders them', () => {
  it('are at least 150', () => expect(constructs.cases.length).toBeGreaterThanOrEqual(150));

  it.each(constructs.cases.map((golden) => [`${golden.group}: ${golden.template}`, golden] as const))(
    '%s',
    (_, golden) => check(golden.template, constructs.context, golden),
  );
});

describe('whole chat templates on conversations, as Python renders them', () => {
  it('are at least 40', () => expect(templates.templates.length).toBeGreaterThanOrEqual(40));

  describe.each(templates.templates)('$name', ({ template, results }) => {
    it.each(Object.entries(results))('%s', (name, golden) =>
      check(template, templates.conversations[name], golden),
    );
  });
});
