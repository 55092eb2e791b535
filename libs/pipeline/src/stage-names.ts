export type StageName = 'sft' | 'reward' | 'ppo';

export const stageNames: readonly StageName[] = ['sft', 'reward', 'ppo'];
