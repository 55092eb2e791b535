import { writeFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import { type AnsweringOptions, answeringSettings } from './answering-options';
import type { Conversation } from './conversation';

/** What the commands of a chat work on. */
export interface ChatCommands {
  readonly conversation: Conversation;
  readonly settings: AnsweringOptions;
  print(text: string): void;
  ask(question: string): Promise<void>;
}

interface ChatCommand {
  /** What follows the name, in the help. */
  argument?: string;
  help: string;
  run(argument: string, chat: ChatCommands): unknown;
}

const commands: Readonly<Record<string, ChatCommand>> = {
  help: { help: 'this list', run: (_, chat) => chat.print(describeCommands()) },
  set: {
    argument: '<setting> <value>',
    help: 'changes a setting of the answers; alone, shows them',
    run: changeSetting,
  },
  system: {
    argument: '<text>',
    help: 'sets the system message; alone, removes it',
    run(text, chat) {
      chat.conversation.system = text || undefined;
      chat.print(text ? 'The system message is set.' : 'The system message is removed.');
    },
  },
  retry: {
    help: 'answers the last message again',
    async run(_, chat) {
      const question = chat.conversation.removeLast();
      if (question === null) chat.print('There is no message to answer again.');
      else await chat.ask(question);
    },
  },
  save: {
    argument: '<file>',
    help: 'writes the conversation as a line of JSON, which can be trained on',
    run: saveConversation,
  },
  reset: {
    help: 'clears the conversation',
    run(_, chat) {
      chat.conversation.reset();
      chat.print('The conversation is cleared.');
    },
  },
};

/** One line about the commands. */
export const HELP = '/help lists the commands, /exit ends the chat';

/** Runs a line that begins with "/". */
export async function runChatCommand(line: string, chat: ChatCommands): Promise<'exit' | 'continue'> {
  const [, name, argument] = /^\/(\S*)\s*(.*)$/s.exec(line)!;
  if (name === 'exit' || name === 'quit' || name === 'bye') return 'exit';
  if (Object.hasOwn(commands, name)) await commands[name].run(argument.trim(), chat);
  else chat.print(`Unknown command /${name}. ${HELP}.`);
  return 'continue';
}

/** The commands and how a message of several lines is typed. */
export function describeCommands(): string {
  const rows = Object.entries(commands).map(([name, { argument, help }]) => [
    `/${name}${argument ? ` ${argument}` : ''}`,
    help,
  ]);
  const all = [...rows, ['/exit', 'ends the chat, as Ctrl-D does']];
  const width = Math.max(...all.map(([name]) => name.length));
  return [
    ...all.map(([name, help]) => `  ${name.padEnd(width)}  ${help}`),
    'Pasted text is one message. """ begins and ends a message of several lines; a line that ends with \\ continues.',
    'Ctrl-C stops an answer, and clears what is typed.',
  ].join('\n');
}

function changeSetting(argument: string, chat: ChatCommands): void {
  const { settings } = chat;
  const print = (text: string) => chat.print(text);
  const [name = '', value] = argument.split(/\s+/);
  if (name === '') {
    const shown = answeringSettings.map(({ flag, field }) => `${flag} ${settings[field] ?? "(the model's)"}`);
    print(shown.join(', '));
    return;
  }
  const setting = answeringSettings.find(({ flag }) => flag === name);
  if (!setting) {
    print(`Unknown setting ${name}; there are ${answeringSettings.map(({ flag }) => flag).join(', ')}.`);
    return;
  }
  try {
    settings[setting.field] = setting.parse(value ?? '');
    print(`${name} is ${value}.`);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    print(`${name}: ${error.message}`);
  }
}

function saveConversation(file: string, chat: ChatCommands): void {
  const print = (text: string) => chat.print(text);
  const messages = chat.conversation.all();
  if (file === '') print('Name the file to write: /save chat.jsonl');
  else if (messages.length === 0) print('There is nothing to save yet.');
  else {
    try {
      writeFileSync(file, `${JSON.stringify({ messages })}\n`, { flag: 'wx' });
      print(`The conversation is in ${file}.`);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      print(
        code === 'EEXIST'
          ? `${file} exists already; name another file.`
          : `${file} cannot be written (${code ?? (error as Error).message}).`,
      );
    }
  }
}
