const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** HTML that needs no escaping. */
export interface Html {
  readonly html: string;
}

type Part = Html | string | number | null | readonly Part[];

function render(part: Part): string {
  if (part === null) return '';
  if (typeof part === 'string' || typeof part === 'number') {
    return String(part).replace(/[&<>"']/g, (character) => entities[character]);
  }
  return 'html' in part ? part.html : part.map(render).join('');
}

/** Builds HTML; every value is escaped, unless it is HTML itself. null gives nothing. */
export function html(texts: TemplateStringsArray, ...parts: Part[]): Html {
  return { html: texts.map((text, i) => text + (i < parts.length ? render(parts[i]) : '')).join('') };
}

/** For what is known to be HTML, CSS or a script of our own. Never for anything read from a file or a model. */
export function trusted(text: string): Html {
  return { html: text };
}

/** JSON that is safe inside a <script> element. */
export function embeddedJson(value: unknown): Html {
  return trusted(
    JSON.stringify(value)
      .replace(/</g, '\\u003c')
      .replace(/\u2028/g, '\\u2028')
      .replace(/\u2029/g, '\\u2029'),
  );
}
