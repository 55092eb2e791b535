/**
 * The program of the SFT trainer as one of several ranks, without a mesh over them: a CPU forms none. RANKED_TRAINER_GROUP is
 * the group of the process as JSON.
 */
const { runTrainer } = require('@open-chatgpt/worker');

runTrainer('sft', () => JSON.parse(process.env.RANKED_TRAINER_GROUP));
