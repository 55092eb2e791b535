import { HealthService } from './health.service';

describe('the readiness of a service', () => {
  const away = () => Promise.reject(new Error('connection refused'));
  const here = () => Promise.resolve();

  it('needs every check, except those that it does its work without', async () => {
    const health = new HealthService();
    health.add('bus', away);
    health.add('model chat', here);
    expect(await health.readiness()).toEqual({
      ready: false,
      checks: { bus: 'connection refused', 'model chat': 'ok' },
    });
    health.tolerate('bus');
    expect(await health.readiness()).toEqual({
      ready: true,
      checks: { bus: 'connection refused', 'model chat': 'ok' },
    });
    health.add('model code', away);
    expect((await health.readiness()).ready).toBe(false);
  });

  it('ends with the service, whatever it does without', async () => {
    const health = new HealthService();
    health.tolerate('service');
    health.stop();
    expect((await health.readiness()).ready).toBe(false);
  });
});
