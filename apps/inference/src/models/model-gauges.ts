import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MetricsService } from '@open-chatgpt/service';
import { Gauge } from 'prom-client';
import { ModelsService } from './models.service';
import { ServedModel } from './served-model';

/** Gauges by vLLM's names, for dashboards and autoscalers made for vLLM; read when metrics are scraped. */
@Injectable()
export class ModelGauges implements OnModuleInit {
  constructor(
    private readonly metrics: MetricsService,
    private readonly models: ModelsService,
  ) {}

  onModuleInit(): void {
    this.gauge(
      'vllm:num_requests_running',
      'Completions that have a row of the batch.',
      (model) => model.occupancy.running,
    );
    this.gauge(
      'vllm:num_requests_waiting',
      'Completions that wait for a row.',
      (model) => model.occupancy.waiting,
    );
    this.gauge(
      'vllm:kv_cache_usage_perc',
      'Part of the batch rows in use; 1 is all.',
      (model) => model.occupancy.usage,
    );
  }

  private gauge(name: string, help: string, read: (model: ServedModel) => number): void {
    // Adapters have places of the batch of their base.
    const all = () => this.models.all().filter((served) => served instanceof ServedModel);
    new Gauge({
      name,
      help,
      labelNames: ['model_name'],
      registers: [this.metrics.registry],
      collect() {
        for (const model of all()) this.set({ model_name: model.name }, read(model));
      },
    });
  }
}
