import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parsePipeline, pipelineFileSchema } from '.';

const folder = join(__dirname, '../../../examples');
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

describe('the example pipelines', () => {
  it.each(files)('%s is valid, and names its schema for editors', (name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    expect(parsePipeline(text, join(folder, name)).stages.length).toBeGreaterThan(0);
    const [, schema] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
    expect(existsSync(resolve(folder, schema))).toBe(true);
  });

  it('are described by the published schema', () => {
    const published = JSON.parse(readFileSync(join(folder, '../docs/pipeline.schema.json'), 'utf8'));
    expect(Object.keys(published.properties)).toEqual(Object.keys(pipelineFileSchema.shape));
  });
});
