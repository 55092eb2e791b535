import { resolve } from 'node:path';
import { flagOverride, parseOverride } from './overrides';

describe('parseOverride', () => {
  it.each<[string, string[], unknown]>([
    ['sft.learningRate=1e-4', ['sft', 'learningRate'], 0.0001],
    ['sft.packing=true', ['sft', 'packing'], true],
    ['ppo=null', ['ppo'], null],
    ['name=a=b', ['name'], 'a=b'],
    ['sft.lora={r: 4, targetModules: [q_proj]}', ['sft', 'lora'], { r: 4, targetModules: ['q_proj'] }],
    ['sft.dataset.path=builtin:tasks', ['sft', 'dataset', 'path'], 'builtin:tasks'],
    ['sft.dataset.path=rows.json', ['sft', 'dataset', 'path'], resolve('rows.json')],
    ['ppo.models.rewardModel=../scorer', ['ppo', 'models', 'rewardModel'], resolve('../scorer')],
    ['sft.dataset.path=~/rows.json', ['sft', 'dataset', 'path'], '~/rows.json'],
  ])('%s', (text, path, value) => {
    expect(parseOverride(text)).toEqual({ path, value, source: `--set ${text}` });
  });

  it.each(['', 'sft', '=1', 'sft..x=1', 'sft.=1'])('refuses %j', (text) => {
    expect(() => parseOverride(text)).toThrow(/expected field=value, such as --set sft.learningRate=1e-4/);
  });

  it('refuses what is not YAML', () => {
    expect(() => parseOverride('sft={a')).toThrow(/value:1:3: Flow map must end/);
  });
});

describe('flagOverride', () => {
  it('takes paths from the working folder', () => {
    expect(flagOverride('--model', 'model.path', 'm')).toEqual({
      path: ['model', 'path'],
      value: resolve('m'),
      source: '--model m',
    });
  });
});
