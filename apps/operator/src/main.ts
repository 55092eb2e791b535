import { loadConfig, runMain, startService } from '@open-chatgpt/service';
import { OperatorModule } from './operator.module';
import { operatorServiceSchema } from './operator-config';

void runMain(() => {
  const config = loadConfig(operatorServiceSchema);
  // Without the platform's modules: the operator starts, and reconciles, while the bus and the store are away.
  return startService('operator', config, [OperatorModule.forRoot()]);
});
