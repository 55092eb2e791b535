import { asShareGpt, assistant, user } from '../testing/messages';
import { readRows } from '../testing/read-rows';

describe('the text of a row is not changed', () => {
  it.each<[string, string, string]>([
    ['indentation', 'Complete:\n\ndef add(a, b):\n', '    total = a + b\n    return total\n'],
    ['a Chinese paragraph', '写一段', '\u3000\u3000从前有一座山。\n'],
    ['LaTeX in Chinese', '解释命令', '\\nabla f 是梯度，\\neq 是不等于，\\nu 是字母。'],
    ['code in Chinese', '拆分', "用 text.split('\\n') 或 re.split(r'\\n+', text)。"],
    ['a path in Chinese', '路径', 'C:\\new\\names 和 D:\\n数据'],
    ['literal line ends in Chinese', '问：\\n\n', '第一行\\n第二行'],
    ['a self-reference in Chinese', '你是谁', '作为一个语言模型，我没有名字。'],
    ['HTML', 'Only the HTML.', '<p>It is <code>x</code> &amp; y</p>'],
    ['a list in HTML', 'A list in HTML.', '<ul>\n  <li>One</li>\n</ul>'],
    ['a link', 'Summarize https://example.org', 'An example.'],
    ['a reference mark', 'What does a[1] give?', 'The second element [1].'],
    ['a role inside', 'Label it.', 'The label "Assistant:" begins a turn.\n\nAssistant: yes'],
    ['no output', 'What does `pass` print?', 'No output.'],
    ['a stream operator', 'Print x.', 'std::cout << x << y;\n#### Notes\nvector<pair<int>> v;'],
  ])('%s', async (_, instruction, output) => {
    const messages = [user(instruction), assistant(output)];
    for (const row of [
      { instruction, input: '', output },
      { messages },
      { conversations: asShareGpt(messages) },
      { prompt: instruction, completion: output },
      { instruction, context: '', response: output, category: 'c' },
      { prompt: instruction, response: output, source: 's' },
      { question: instruction, answer: output },
    ]) {
      const { examples, repaired } = await readRows([row]);
      expect([examples, repaired]).toEqual([[{ messages }], {}]);
    }
    const rejected = `${output} (worse)`;
    const pair = { prompt: instruction, chosen: output, rejected };
    expect((await readRows([pair], 'preference')).examples).toEqual([
      { ...pair, prompt: [user(instruction)] },
    ]);
  });

  it('nor is a reference mark in a context', async () => {
    const row = {
      instruction: 'Sum up.',
      context: 'Rain falls [1].',
      response: 'Rain [1].',
      category: 'closed_qa',
    };
    const [{ messages }] = (await readRows([row])).examples;
    expect(messages.map(({ content }) => content)).toEqual(['Sum up.\n\nRain falls [1].', 'Rain [1].']);
  });

  it('three cells without names are no chain of thought', async () => {
    const cells = Array.from({ length: 30 }, (_, i) =>
      JSON.stringify([`Is ${i} odd?`, 'no', `${i} is a number`]),
    );
    await expect(readRows(cells)).rejects.toThrow(/no adapter recognizes|cannot tell/);
  });
});
