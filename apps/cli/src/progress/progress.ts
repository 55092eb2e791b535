import type { StageEvent } from '@open-chatgpt/runs';

/** Shows what a command is doing: as bars, as plain lines or as JSON. */
export interface Progress {
  event(event: StageEvent): void;
  /** Something measurable before the training starts; `total` 0: its size is not known. */
  loading(what: string, done: number, total: number): void;
  note(text: string): void;
  /** Ends the bar that may be there; call before anything else is printed. */
  close(): void;
}
