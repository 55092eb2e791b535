import { loadConfig, runMain, startService } from '@open-chatgpt/service';
import { OperatorModule } from './operator.module';
import { operatorServiceSchema } from './operator-config';

export function runOperator(): void {
  void runMain(() => {
    const config = loadConfig(operatorServiceSchema);
    // Without the platform's modules: the operator starts, and reconciles, while the bus and the store are away.
    const modules = [OperatorModule.forRoot()];
    if (config.metricsPort === undefined) return startService('operator', config, modules);
    return startService('operator', config, modules, {}, (app) =>
      app.use('/metrics', (_: unknown, response: { sendStatus(code: number): void }) =>
        response.sendStatus(404),
      ),
    );
  });
}
