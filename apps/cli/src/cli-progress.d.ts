/** The part of cli-progress 3 that is used here; the package brings no types. */
declare module 'cli-progress' {
  export interface Bar {
    update(value: number, payload?: Record<string, string>): void;
    setTotal(total: number): void;
  }

  export interface MultiBarOptions {
    format: string;
    stream: NodeJS.WritableStream;
    barsize?: number;
    hideCursor?: boolean;
    forceRedraw?: boolean;
    /** Redraws in a second at most. */
    fps?: number;
  }

  export class MultiBar {
    constructor(options: MultiBarOptions);
    create(total: number, value: number, payload: Record<string, string>): Bar;
    /** Puts text, which must end its line, above the bars at the next `update`. */
    log(text: string): void;
    update(): void;
    stop(): void;
  }
}
