/** What a watcher shows of a run that stands still. @param event `run.waits` of an event stream */
export function describeWait({ stage, message }: { stage: string; message: string }): string {
  return `${stage} stands still. It waits for ${message}.`;
}
