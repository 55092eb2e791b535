import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildReport, openRunFolder, type RunFolder } from '.';
import { evaluated, started, step } from './events.fixture';

let root: string;
let path: string;
let opened: RunFolder[];
const open = (options = {}) => {
  const folder = openRunFolder(path, options);
  opened.push(folder);
  return folder;
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'run-folder-'));
  path = join(root, 'runs', 'tiny');
  opened = [];
});
afterEach(() => {
  for (const folder of opened) folder.close();
  rmSync(root, { recursive: true, force: true });
});

const samples = {
  type: 'samples',
  stage: 'sft',
  step: 2,
  samples: [
    { prompt: 'p', response: 'r', reward: 1 },
    { prompt: 'q', response: 's' },
  ],
} as const;

describe('a run folder', () => {
  it('keeps the configuration, the events and the samples', () => {
    const folder = open();
    expect(folder.readConfig()).toBeNull();
    folder.writeConfig('name: tiny\n');
    folder.record(started('sft'));
    folder.record(step('sft', 1, { loss: 2, gradNorm: Number.NaN }));
    folder.record({ ...samples, samples: [...samples.samples] });
    expect(folder.readConfig()).toBe('name: tiny\n');
    expect(readFileSync(join(path, 'samples.jsonl'), 'utf8').split('\n')).toHaveLength(3);
    expect(readFileSync(join(path, 'metrics.jsonl'), 'utf8')).not.toContain('"prompt"');
    const events = folder.events();
    expect(events.map(({ type }) => type).sort()).toEqual(['samples', 'started', 'step']);
    expect(events.find(({ type }) => type === 'step')).toMatchObject({
      metrics: { loss: 2, gradNorm: Number.NaN },
    });
    expect(events.find(({ type }) => type === 'samples')).toMatchObject(samples);
    expect(folder.checkpointsOf('ppo')).toBe(join(path, 'checkpoints', 'ppo'));
  });

  it('resumes from a checkpoint without duplicates, past half a line of a killed process', () => {
    const first = open();
    for (const at of [1, 2, 3]) first.record(step('sft', at, { loss: at }));
    first.record({ ...samples, step: 3, samples: [...samples.samples] });
    first.close();
    appendFileSync(join(path, 'metrics.jsonl'), '{"type":"step","stage":"sft","st');

    const second = open({ resume: true });
    second.rewind('sft', 2);
    second.record(step('sft', 3, { loss: 33 }));
    const losses = second
      .events()
      .map((event) => (event.type === 'step' ? [event.step, event.metrics.loss] : event.type));
    expect(losses).toEqual([
      [1, 1],
      [2, 2],
      [3, 33],
    ]);
  });

  it('takes over what a stage recorded on another machine, and leaves other stages alone', () => {
    const there = openRunFolder(join(root, 'runs', 'there'));
    opened.push(there);
    for (const at of [1, 2]) there.record(step('sft', at, { loss: at }));
    there.record({ ...samples, samples: [...samples.samples] });
    there.record(step('reward', 1));

    const here = open();
    here.record(step('sft', 1, { loss: 99 }));
    here.record(step('ppo', 1));
    here.adopt('sft', there.events());
    expect(here.events().filter(({ stage }) => stage === 'sft')).toEqual(
      there.events().filter(({ stage }) => stage === 'sft'),
    );
    expect(here.events().filter(({ stage }) => stage !== 'sft')).toMatchObject([{ stage: 'ppo', step: 1 }]);
  });

  it('that holds a run is not written over', () => {
    open().close();
    expect(() => open()).toThrow(/already holds a run; resume it, choose another folder, or delete it/);
    expect(existsSync(join(path, 'lock'))).toBe(false);
  });

  it('writes nothing once it is closed', () => {
    const folder = open();
    folder.close();
    folder.close();
    expect(() => folder.record(step('sft', 1))).toThrow(
      /metrics.jsonl was closed; open the run folder again/,
    );
  });

  it('names the line that is not JSON', () => {
    const folder = open();
    appendFileSync(join(path, 'metrics.jsonl'), 'oops\n');
    expect(() => folder.events()).toThrow(
      /metrics.jsonl:1: expected one JSON object; found oops; repair or delete/,
    );
  });

  it('leaves nothing where it is discarded, save what others put there', () => {
    const folder = open();
    folder.writeConfig('name: a\n');
    folder.record(evaluated('sft', 0, { evalLoss: 4 }));
    folder.discard();
    expect(existsSync(path)).toBe(false);
    const again = open();
    writeFileSync(join(path, 'notes.txt'), 'mine');
    again.discard();
    expect(readdirSync(path)).toEqual(['notes.txt']);
    open().close();
  });

  it('writes the report in both forms', () => {
    const folder = open();
    folder.record(evaluated('sft', 0, { evalLoss: 4 }));
    const report = buildReport(folder.events(), { name: 'tiny', seconds: 1, peakRssMb: 2, machine: null });
    const { json, html } = folder.writeReport(report);
    expect(JSON.parse(readFileSync(json, 'utf8'))).toEqual(report);
    expect(readFileSync(html, 'utf8')).toContain('<h1>tiny</h1>');
  });
});

describe('the lock of a run folder', () => {
  const lock = (holder: object | string) =>
    writeFileSync(
      join(path, 'lock'),
      typeof holder === 'string' ? holder : JSON.stringify({ since: 'then', ...holder }),
    );
  const gonePid = () => spawnSync(process.execPath, ['-e', '0']).pid;

  it('keeps a second writer out until the first is done', () => {
    const first = open();
    expect(() => open({ resume: true })).toThrow(
      new RegExp(
        `the run folder ${path} is in use by process ${process.pid} on .*; wait for it, or choose another folder`,
      ),
    );
    first.close();
    expect(() => open({ resume: true })).not.toThrow();
  });

  const stale: [string, () => void][] = [
    ['a process that is gone', () => lock({ pid: gonePid(), host: hostname(), startTicks: null })],
    ['an earlier process with our id', () => lock({ pid: process.pid, host: hostname(), startTicks: '1' })],
    ['half a file', () => lock('{"pi')],
    [
      'another machine that fell silent',
      () => {
        lock({ pid: 1, host: 'elsewhere', startTicks: null });
        utimesSync(join(path, 'lock'), new Date(0), new Date(0));
      },
    ],
  ];
  it.each(stale)('is taken over from %s', (_, leave) => {
    open().close();
    leave();
    const folder = open({ resume: true });
    expect(JSON.parse(readFileSync(join(path, 'lock'), 'utf8')).pid).toBe(process.pid);
    folder.close();
    expect(existsSync(join(path, 'lock'))).toBe(false);
  });

  it('is left to another machine that lives', () => {
    open().close();
    lock({ pid: 1, host: 'elsewhere', startTicks: null });
    expect(() => open({ resume: true })).toThrow(/in use by process 1 on elsewhere since then/);
  });
});
