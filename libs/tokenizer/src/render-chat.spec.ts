import type { Message } from './message';
import { renderChat } from './render-chat';

const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });

const render = (template: string, messages: Message[], addGenerationPrompt = false) =>
  renderChat(template, messages, { addGenerationPrompt, bosToken: '<s>', eosToken: '</s>' });

describe('renderChat', () => {
  // The texts are those of Python's jinja2 3.1 in transformers' environment.
  it.each<[string, string, Message[], string]>([
    [
      'thoughts and code keep their indentation',
      "{% for m in messages %}{% set c = m.content %}{% if '</think>' in c %}" +
        "{% set t = c.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}" +
        "{{ '<t>' + t.strip('\\n') + '</t>' + c.split('</think>')[-1].lstrip('\\n') }}{% endif %}{% endfor %}",
      [user('q'), assistant('<think>\n\tfirst\n\t  second\n</think>\n\n\tif x:\n\t\treturn')],
      '<t>\tfirst\n\t  second</t>\tif x:\n\t\treturn',
    ],
    [
      'strip takes a set of characters',
      "{{ messages[0].content.strip('*_') }}|{{ messages[0].content.lstrip('*') }}|{{ messages[0].content.rstrip('_ ') }}",
      [user('**_bold_** _')],
      'bold_** |_bold_** _|**_bold_**',
    ],
    [
      'an emoji is one character',
      "{{ messages[0].content|length }} {{ messages[0].content[0] }} {{ messages[0].content[:-1] }} {{ messages[0].content.find('!') }}",
      [user('🚀é!')],
      '3 🚀 🚀é 2',
    ],
    [
      'values are printed as Python prints them',
      '{{ add_generation_prompt }} {{ tools }} {{ [messages[0].role, 1.0, true] }} {{ messages[0] }}',
      [user("it's")],
      "False None ['user', 1.0, True] {'role': 'user', 'content': \"it's\"}",
    ],
    [
      'capitalize lowers the rest',
      '{{ messages[0].content|capitalize }}',
      [user('mIXED Case')],
      'Mixed case',
    ],
    [
      'a turn that only calls functions has no content, which is null in files',
      '{% for m in messages %}[{{ m.content is defined }} {{ m.content }}]{% endfor %}',
      [
        user('q'),
        { ...assistant(''), toolCalls: [{ type: 'function', function: { name: 'f', arguments: {} } }] },
        assistant(''),
      ],
      '[True q][False ][True ]',
    ],
    [
      'line ends after blocks are dropped, as are blanks before them',
      '{% for m in messages %}\n  {% if true %}\n{{ m.content }}\n  {% endif %}\n{% endfor %}\n',
      [user('a'), assistant('b')],
      'a\nb\n',
    ],
  ])('%s', (_, template, messages, want) => expect(render(template, messages)).toBe(want));

  it.each<[string, string, RegExp]>([
    [
      'a refusal',
      "{% if true %}\n{{ raise_exception('Roles must alternate') }}{% endif %}",
      /^the chat template \(line 2\) refuses the conversation \(user, user\): Roles must alternate\. Change the turns .*alpaca/,
    ],
    [
      'a fault of the template',
      '\n\n{{ message.content }}',
      /^the chat template \(line 3\) fails: 'message' is undefined\. Correct the template .*tokenizer_config\.json/,
    ],
    [
      'a syntax error',
      '{% for %}',
      /^the chat template \(line 1\) is not valid Jinja: .*Correct the template/,
    ],
    [
      'what is not supported',
      "{% include 'other' %}",
      /^the chat template \(line 1\) uses what is not supported here: .*choose a named template/,
    ],
    [
      'a range without end',
      '{% for i in range(99999999) %}{% endfor %}',
      /^the chat template \(line 1\) uses too much time or memory: a range exceeds the limit/,
    ],
    [
      'loops without end',
      '{% for i in range(99999) %}{% for j in range(99999) %}{{ i }}{% endfor %}{% endfor %}',
      /uses too much time or memory: it exceeds the limit of/,
    ],
    [
      'output without end',
      "{{ 'x' * 10000000000 }}",
      /uses too much time or memory: it exceeds the limit of/,
    ],
    [
      'a macro without end',
      '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}',
      /uses too much time or memory: it exceeds the limit of 200 calls/,
    ],
  ])('says what is wrong: %s', (_, template, message) =>
    expect(() => render(template, [user('a'), user('b')])).toThrow(message),
  );
});
