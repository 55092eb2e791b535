import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { started, step } from './events.fixture';
import { describeMachine } from './machine';
import { readRun } from './read-run';
import { buildReport } from './report';
import { openRunFolder } from './run-folder';

describe('a run that is read', () => {
  let path: string;
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'read-'));
  });
  afterEach(() => rmSync(path, { recursive: true }));

  it('may still be going on: nothing is written, and half a line at the end is left alone', () => {
    const folder = openRunFolder(path);
    folder.writeConfig(
      'name: mine\nmodel: { path: /m }\nstages: [{ uses: sft, with: { dataset: { path: /rows.jsonl } } }]\n',
    );
    folder.record(started('sft'));
    folder.record(step('sft', 1, { loss: 2 }));
    appendFileSync(join(path, 'metrics.jsonl'), '{"type":"st');
    const { report, events } = readRun(path);
    expect(events).toHaveLength(2);
    expect(report).toMatchObject({
      ...{ name: 'mine', peakRssMb: null, machine: null },
      stages: [{ name: 'sft', datasets: ['/rows.jsonl'], steps: 1 }],
    });
    folder.close();
  });

  it('has the memory and the machine that its end reported, unless another version wrote them', () => {
    const folder = openRunFolder(path);
    folder.record(started('sft'));
    const machine = describeMachine(2);
    folder.writeReport(buildReport(folder.events(), { name: 'mine', peakRssMb: 7, machine, seconds: 9 }));
    folder.close();
    expect(readRun(path).report).toMatchObject({ peakRssMb: 7, machine, seconds: 9 });
    writeFileSync(join(path, 'report.json'), '{"formatVersion":2}');
    expect(readRun(path).report).toMatchObject({ peakRssMb: null, machine: null });
  });
});
