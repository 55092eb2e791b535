const fc = require('../../node_modules/fast-check/lib/cjs/fast-check');

/**
 * fast-check with one seed, so that the same code has the same result in each run. OPEN_CHATGPT_FUZZ_SEED names another seed, to look
 * for new counterexamples.
 */
fc.configureGlobal({
  ...fc.readConfigureGlobal(),
  seed: Number(process.env.OPEN_CHATGPT_FUZZ_SEED ?? 20_261_130),
});
module.exports = fc;
