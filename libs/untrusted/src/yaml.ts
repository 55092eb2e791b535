import { Composer, type Document, Lexer, LineCounter, type ParsedNode, Parser } from 'yaml';
import { checkComplexity, DEEPEST, tooDeep } from './complexity';

/** A pipeline file that sets every field of 32 stages has about 100 kB. */
const LONGEST = 2 ** 18;

/** Words, indicators, spaces and line ends: seven make a field with its value. */
const MOST_TOKENS = 35_000;

/** The parser also keeps the document and a scalar on its stack. */
const DEEPEST_STACK = DEEPEST + 2;

const MOST_ALIASES = 100;
const MOST_ERRORS = 20;

export interface YamlDocument {
  /** Plain: mappings are objects, and no part refers to itself. */
  value: unknown;
  /** The nodes with their places; see `place`. */
  document: Document<ParsedNode>;
  /** The place of an offset of the text: `file:line:column`. */
  place: (offset: number) => string;
}

/**
 * Reads one document of YAML 1.2, of which JSON is a part. The lexer takes linear time and no stack, so tokens and depth are
 * counted there: behind it the parser is recursive, and an overflow of the stack can end the process.
 * @param where the file, or what else messages begin with
 * @throws Error with one line per problem: `where:line:column: what is wrong`
 */
export function parseYamlDocument(text: string, where: string): YamlDocument {
  if (text.length > LONGEST) {
    throw new Error(`${where}: has ${text.length} characters; expected at most ${LONGEST}`);
  }
  const lines = new LineCounter();
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${where}:${line || 1}:${col || 1}`;
  };
  const document = compose(text, lines, place);
  if (document.errors.length > 0) {
    const shown = document.errors.slice(0, MOST_ERRORS);
    throw new Error(shown.map(({ pos, message }) => `${place(pos[0])}: ${message}`).join('\n'));
  }
  const value = toPlain(document, where);
  checkComplexity(value, where);
  return { value, document, place };
}

/** As `parseYamlDocument`, without the places. */
export function parseYaml(text: string, where: string): unknown {
  return parseYamlDocument(text, where).value;
}

/** What `parseDocument` of the package does, with a look at each token. */
function compose(text: string, lines: LineCounter, place: (offset: number) => string): Document<ParsedNode> {
  const composer = new Composer({ logLevel: 'error' });
  const [document, second] = composer.compose(withinLimits(text, lines, place), true, text.length);
  if (second) throw new Error(`${place(second.range[0])}: expected one document; found several`);
  return document;
}

function* withinLimits(text: string, lines: LineCounter, place: (offset: number) => string) {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  let tokens = 0;
  for (const token of new Lexer().lex(text)) {
    yield* parser.next(token);
    if (++tokens > MOST_TOKENS) {
      throw new Error(
        `${place(parser.offset)}: expected at most ${MOST_TOKENS} words and indicators; shorten the text`,
      );
    }
    if (parser.stack.length > DEEPEST_STACK) throw new Error(tooDeep(place(parser.offset)));
  }
  yield* parser.end();
}

/** The value of the document; aliases that multiply without end are refused. */
function toPlain(document: Document, where: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}; write the fields out instead of using aliases`);
  }
}
