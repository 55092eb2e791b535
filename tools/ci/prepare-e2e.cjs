const { missingKafka } = require('../kafka/broker.cjs');
const { missingS3 } = require('../s3/s3-server.cjs');

/**
 * Fetches Kafka and builds the S3 server before the first end-to-end spec, where no time limit of a test runs: the first
 * time it takes minutes. What cannot be had is no error yet; the specs that start it fail with the reason.
 */
module.exports = async () => {
  await missingKafka();
  missingS3();
};
