import { exitOnSignal } from './exit-on-signal';

/**
 * Starts the program of a service. Its modules take a second to load, or several on a busy machine; until they listen to
 * signals themselves, SIGTERM ends the process. So this module loads nothing.
 * @param load imports the modules and starts them
 */
export function startProgram(load: () => Promise<void>): void {
  exitOnSignal();
  void load();
}
