import { chatDelta } from './chat-delta';

it('a chunk may end a call of the chunk before it, and have the next one', () => {
  const parts = [
    { kind: 'arguments' as const, text: '}' },
    { kind: 'callEnd' as const },
    { kind: 'call' as const, id: 'b', name: 'add' },
    { kind: 'arguments' as const, text: '{' },
    { kind: 'arguments' as const, text: '"a' },
  ];
  expect(chatDelta(parts, 1)).toEqual({
    tool_calls: [
      { index: 0, function: { arguments: '}' } },
      { index: 1, id: 'b', type: 'function', function: { name: 'add', arguments: '{"a' } },
    ],
  });
  expect(chatDelta([], 1)).toEqual({});
});
