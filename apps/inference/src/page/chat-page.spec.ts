import { createHash } from 'node:crypto';
import { chatPage, chatPagePolicy } from './chat-page';
import { pageScript } from './page-script';

describe('the chat page', () => {
  it('runs exactly the script and the style that its policy names', () => {
    const inline = [...chatPage.matchAll(/<(script|style)>([\s\S]*?)<\/\1>/g)];
    expect(inline.map(([, kind]) => kind)).toEqual(['style', 'script']);
    for (const [, kind, text] of inline) {
      const hash = createHash('sha256').update(text).digest('base64');
      expect(chatPagePolicy).toContain(`${kind}-src 'sha256-${hash}'`);
    }
    expect(chatPagePolicy).not.toContain('unsafe');
    expect(chatPagePolicy).toMatch(/^default-src 'none'/);
  });

  it('names nothing outside the server, and no handler or style in an attribute', () => {
    expect(chatPage).not.toMatch(/https?:/);
    expect(chatPage).not.toMatch(/<[^>]+ (on\w+|style|src|href)=/);
  });

  it('puts what a model writes into text nodes only', () => {
    expect(pageScript).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|Function\(/);
    expect(() => new Function(pageScript)).not.toThrow();
  });
});
