import type { ChatTemplate } from './chat-templates/chat-template';
import type { Message } from './message';

/** The parts of a conversation with tools. */
interface ToolParts {
  /** Descriptions of functions. */
  tools: boolean;
  calls: boolean;
  results: boolean;
}

const NAMES: Record<keyof ToolParts, string> = {
  tools: 'the descriptions of tools',
  calls: 'tool calls',
  results: 'the results of tools',
};

const known = new WeakMap<ChatTemplate, ToolParts>();

/**
 * Why a template cannot render a conversation with tools: it leaves out a part that the conversation has. Null when it renders all of it, or
 * the conversation has no tools.
 */
export function toolsRefusal(template: ChatTemplate, messages: readonly Message[]): string | null {
  const parts: ToolParts = {
    tools: (messages[0]?.tools?.length ?? 0) > 0,
    calls: messages.some(({ toolCalls }) => toolCalls !== undefined),
    results: messages.some(({ role }) => role === 'tool'),
  };
  const asked = (Object.keys(parts) as (keyof ToolParts)[]).filter((part) => parts[part]);
  if (asked.length === 0) return null;
  let taken = known.get(template);
  if (!taken) {
    taken = takenBy(template);
    known.set(template, taken);
  }
  const missing = asked.filter((part) => !taken[part]).map((part) => NAMES[part]);
  if (missing.length === 0) return null;
  return (
    `chat template ${template.name}: it does not render ${missing.join(' and ')}. ` +
    'Use a model whose own template does, or leave the tools out.'
  );
}

/** Mistral's templates require ids of nine characters. */
const CALL_ID = 'probe0001';

/** What a template renders of a conversation with tools. */
function takenBy(template: ChatTemplate): ToolParts {
  const parameters = {
    type: 'object',
    properties: { x: { type: 'string', description: 'd' } },
    required: ['x'],
  };
  const tool = { type: 'function', function: { name: 'PROBETOOL', description: 'd', parameters } };
  const call = { name: 'PROBECALL', arguments: { x: 'PROBEARGUMENT' } };
  const described = rendered(template, [{ role: 'user', content: 'q', tools: [tool] }], true);
  const called = rendered(
    template,
    [
      { role: 'user', content: 'q', tools: [tool] },
      { role: 'assistant', content: '', toolCalls: [{ id: CALL_ID, type: 'function', function: call }] },
      { role: 'tool', content: 'PROBERESULT', toolCallId: CALL_ID, name: 'PROBECALL' },
      { role: 'assistant', content: 'a' },
    ],
    false,
  );
  return {
    tools: described.includes('PROBETOOL'),
    calls: called.includes('PROBECALL') && called.includes('PROBEARGUMENT'),
    results: called.includes('PROBERESULT'),
  };
}

/** The text of a conversation; empty when the template refuses it. */
function rendered(
  template: ChatTemplate,
  messages: readonly Message[],
  addGenerationPrompt: boolean,
): string {
  try {
    return template.render(messages, { addGenerationPrompt });
  } catch {
    return '';
  }
}
