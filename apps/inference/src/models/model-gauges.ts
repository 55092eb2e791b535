import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MetricsService } from '@open-chatgpt/service';
import { Gauge } from 'prom-client';
import { ModelsService } from './models.service';
import type { ServedModel } from './served-model';

/** What vLLM's dashboards and autoscalers read, by vLLM's names; told at the moment when somebody looks. */
@Injectable()
export class ModelGauges implements OnModuleInit {
  constructor(
    private readonly metrics: MetricsService,
    private readonly models: ModelsService,
  ) {}

  onModuleInit(): void {
    this.gauge('vllm:num_requests_running', 'Answers being given.', (model) => model.occupancy.running);
    this.gauge(
      'vllm:num_requests_waiting',
      'Answers that wait for a place.',
      (model) => model.occupancy.waiting,
    );
    this.gauge(
      'vllm:kv_cache_usage_perc',
      'Places of the batch in use; 1 is all.',
      (model) => model.occupancy.usage,
    );
  }

  private gauge(name: string, help: string, read: (model: ServedModel) => number): void {
    const all = () => this.models.all();
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
