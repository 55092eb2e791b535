import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MetricsService } from '@open-chatgpt/service';
import { Counter, Gauge } from 'prom-client';
import { ModelsService } from './models.service';
import { ServedModel } from './served-model';

/** What the models say of themselves when metrics are scraped, by vLLM's names: for dashboards and autoscalers made for vLLM. */
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
    this.counter(
      'vllm:spec_decode_num_drafts_total',
      'Drafts of next tokens.',
      (model) => model.speculationCounts.drafts,
    );
    this.counter(
      'vllm:spec_decode_num_draft_tokens_total',
      'Tokens of drafts.',
      (model) => model.speculationCounts.draftTokens,
    );
    this.counter(
      'vllm:spec_decode_num_accepted_tokens_total',
      'Tokens of drafts that were right.',
      (model) => model.speculationCounts.acceptedTokens,
    );
  }

  /** Of the loaded model: another one begins with 0, as a process that starts. */
  private counter(name: string, help: string, read: (model: ServedModel) => number): void {
    const all = () => this.servedModels;
    new Counter({
      name,
      help,
      labelNames: ['model_name'],
      registers: [this.metrics.registry],
      collect() {
        this.reset();
        for (const model of all()) this.inc({ model_name: model.name }, read(model));
      },
    });
  }

  /** Adapters have places of the batch of their base. */
  private get servedModels(): ServedModel[] {
    return this.models.all().filter((served) => served instanceof ServedModel);
  }

  private gauge(name: string, help: string, read: (model: ServedModel) => number): void {
    const all = () => this.servedModels;
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
