const SAVED_PAGE = /^\s*<(?:div class="markdown\b|(?:p|ol|ul|pre|h\d)>)/i;
const ENTITIES: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ', amp: '&' };

/**
 * The text of a turn that was saved as HTML from a page of ChatGPT. A turn that mentions HTML (it begins with text), or that is HTML with
 * attributes of its author, stays as it is.
 */
export function htmlToText(text: string): string {
  if (!SAVED_PAGE.test(text)) return text;
  return text
    .replace(/<br\s*\/?>/gi, '\n')
    .replace(/<li\b[^<>]*>/gi, '\n- ')
    .replace(/<\/(p|div|pre|h\d|ol|ul|tr)>/gi, '\n')
    .replace(/<[a-z/!][^<>]*>/gi, '')
    .replace(/&(lt|gt|quot|#39|nbsp|amp);/g, (_, name) => ENTITIES[name])
    .replace(/(?<![ \t])[ \t]+\n/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
