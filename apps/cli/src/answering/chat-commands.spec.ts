import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnsweringOptions } from './answering-options';
import { runChatCommand } from './chat-commands';
import { Conversation } from './conversation';

const settings: AnsweringOptions = { model: 'x', maxNewTokens: 256, stop: [], seed: 0 };

/** A chat in which nobody answers. */
function chat() {
  const printed: string[] = [];
  const asked: string[] = [];
  return {
    ...{ printed, asked, settings: { ...settings }, conversation: new Conversation('be kind', true) },
    print: (text: string) => printed.push(text),
    ask: async (question: string) => {
      asked.push(question);
    },
  };
}

describe('the commands of a chat', () => {
  it('/set changes a setting as its flag does, and refuses what the flag refuses', async () => {
    const on = chat();
    for (const line of [
      '/set temperature 0.2',
      '/set max-new-tokens 8',
      '/set top-p 2',
      '/set colour red',
      '/set',
    ])
      expect(await runChatCommand(line, on)).toBe('continue');
    expect(on.settings).toMatchObject({ temperature: 0.2, maxNewTokens: 8 });
    expect(on.settings.topP).toBeUndefined();
    expect(on.printed).toEqual([
      'temperature is 0.2.',
      'max-new-tokens is 8.',
      expect.stringMatching(/^top-p: Expected a number > 0 and ≤ 1/),
      expect.stringMatching(/^Unknown setting colour; there are temperature, top-p,/),
      expect.stringMatching(/^temperature 0.2, top-p \(the model's\),.*max-new-tokens 8, seed 0$/),
    ]);
  });

  it('/retry asks the last message again', async () => {
    const on = chat();
    await runChatCommand('/retry', on);
    on.conversation.add('first', 'a');
    on.conversation.add('second', 'b');
    await runChatCommand('/retry', on);
    expect(on.printed).toEqual(['There is no message to answer again.']);
    expect(on.asked).toEqual(['second']);
    expect(on.conversation.all().map(({ content }) => content)).toEqual(['be kind', 'first', 'a']);
  });

  it('/save writes the conversation as a row of messages, and replaces no file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chat-'));
    const file = join(folder, 'chat.jsonl');
    const on = chat();
    on.conversation.add('hi', 'hello\nyou');
    // What there was no room for is saved too.
    on.conversation.removeOldest();
    await runChatCommand(`/save ${file}`, on);
    await runChatCommand(`/save ${file}`, on);
    await runChatCommand(`/save ${folder}/none/x`, on);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      messages: [
        { role: 'system', content: 'be kind' },
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'hello\nyou' },
      ],
    });
    expect(on.printed).toEqual([
      `The conversation is in ${file}.`,
      `${file} exists already; name another file.`,
      `${folder}/none/x cannot be written (ENOENT).`,
    ]);
    rmSync(folder, { recursive: true });
  });

  it('/help lists them all; others are named', async () => {
    const on = chat();
    await runChatCommand('/help', on);
    for (const name of ['/help', '/set', '/system', '/retry', '/save', '/reset', '/exit', '"""'])
      expect(on.printed[0]).toContain(name);
    await runChatCommand('/constructor', on);
    expect(on.printed[1]).toMatch(/^Unknown command \/constructor\. \/help lists/);
    expect(await runChatCommand('/exit', on)).toBe('exit');
  });
});
