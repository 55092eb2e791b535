import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { RecordedEvent, StageEvent } from './events';
import { type JsonLines, openJsonLines } from './json-lines';
import { takeLock } from './lock';
import { recordedEvents, type SampleRow } from './recorded-events';
import { renderReport } from './report/render';
import type { RunReport } from './report/schema';
import { eventsUpTo, timeUpTo } from './resume';

/**
 * What a run leaves behind: config.yaml, metrics.jsonl, samples.jsonl, checkpoints/<stage>/, report.json, report.html.
 * One process at a time may have it open.
 */
export interface RunFolder {
  readonly path: string;
  /** Folder for the checkpoints of a stage; see libs/training/src/checkpoint. */
  checkpointsOf(stage: string): string;
  /** The configuration that the run was started with; null before the first `writeConfig`. */
  readConfig(): string | null;
  writeConfig(yaml: string): void;
  /** Appends an event: samples to samples.jsonl, all others to metrics.jsonl. */
  record(event: StageEvent): void;
  /** Removes what the stage recorded after this step, from which it resumes; 0 removes all of it. */
  rewind(stage: string, step: number): void;
  /** Replaces what the stage recorded by what it recorded on another machine, up to the checkpoint that it resumes from. */
  adopt(stage: string, events: readonly RecordedEvent[]): void;
  /** Everything recorded, in the order of time. */
  events(): RecordedEvent[];
  writeReport(report: RunReport): { json: string; html: string };
  close(): void;
  /** Closes the folder and removes what was written into it: a run that failed before its first stage leaves nothing. */
  discard(): void;
}

/**
 * @param options.resume open the run that the folder holds; without it, a folder that holds one is refused
 * @throws InUse when another process works in the folder, Error when it holds a run and `resume` is not given
 */
export function openRunFolder(path: string, { resume = false }: { resume?: boolean } = {}): RunFolder {
  const root = resolve(path);
  const at = (name: string) => join(root, name);
  mkdirSync(at('checkpoints'), { recursive: true });
  const release = takeLock(at('lock'), `the run folder ${root}`);
  let metrics: JsonLines<RecordedEvent>;
  let samples: JsonLines<SampleRow>;
  try {
    if (!resume && existsSync(at('metrics.jsonl'))) {
      throw new Error(`${root} already holds a run; resume it, choose another folder, or delete it`);
    }
    metrics = openJsonLines(at('metrics.jsonl'));
    samples = openJsonLines(at('samples.jsonl'));
  } catch (error) {
    release();
    throw error;
  }
  const append = (events: readonly RecordedEvent[]) => {
    metrics.append(events.filter(({ type }) => type !== 'samples'));
    samples.append(events.flatMap(sampleRows));
  };
  const folder: RunFolder = {
    path: root,
    checkpointsOf: (stage) => join(root, 'checkpoints', stage),
    readConfig: () => (existsSync(at('config.yaml')) ? readFileSync(at('config.yaml'), 'utf8') : null),
    writeConfig: (yaml) => writeFileAtomic.sync(at('config.yaml'), yaml),
    record(event) {
      append([{ ...event, time: new Date().toISOString() }]);
    },
    rewind(stage, step) {
      const time = timeUpTo(metrics.read(), stage, step);
      metrics.keep((events) => eventsUpTo(events, stage, step));
      samples.keep((rows) =>
        rows.filter((row) => row.stage !== stage || (row.step <= step && row.time <= time)),
      );
    },
    adopt(stage, events) {
      folder.rewind(stage, 0);
      append(events.filter((event) => event.stage === stage));
    },
    events: () => recordedEvents(root),
    writeReport(report) {
      const [json, html] = [at('report.json'), at('report.html')];
      writeFileAtomic.sync(json, `${JSON.stringify(report, null, 2)}\n`);
      writeFileAtomic.sync(html, renderReport(report, folder.events()));
      return { json, html };
    },
    close() {
      metrics.close();
      samples.close();
      release();
    },
    discard() {
      folder.close();
      for (const name of ['config.yaml', 'metrics.jsonl', 'samples.jsonl', 'checkpoints'])
        rmSync(at(name), { recursive: true, force: true });
      if (readdirSync(root).length === 0) rmdirSync(root);
    },
  };
  return folder;
}

function sampleRows(event: RecordedEvent): SampleRow[] {
  if (event.type !== 'samples') return [];
  const { time, stage, step } = event;
  return event.samples.map((sample) => ({ time, stage, step, ...sample }));
}
