const { writeFileSync } = require('node:fs');

/**
 * Ends the run with one line that any CI can read: `12 passed, 0 failed, 1 skipped`. Where a run is one of several, its
 * counts go to the file that OPEN_CHATGPT_TEST_COUNTS names, and tools/ci/test.mjs writes the line.
 */
class PlainSummaryReporter {
  onRunComplete(_contexts, results) {
    const counts = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    const file = process.env.OPEN_CHATGPT_TEST_COUNTS;
    if (file) writeFileSync(file, JSON.stringify(counts));
    else console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}
module.exports = PlainSummaryReporter;
