const { missingKafka } = require('../kafka/broker.cjs');
const preparePlugin = require('./prepare-plugin.cjs');
const { missingS3 } = require('../s3/s3-server.cjs');

/**
 * Fetches Kafka and XLA's CPU plugin, and builds the S3 server, before the first end-to-end spec. The first time this takes
 * minutes, and no time limit of a test applies here. If one is missing, the specs that need it fail with the reason.
 */
module.exports = async () => {
  await preparePlugin();
  await missingKafka();
  missingS3();
};
