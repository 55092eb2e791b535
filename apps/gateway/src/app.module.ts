import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AccessModule, LOGGER, type Logger } from '@open-chatgpt/service';
import { AlertsConsumer } from './alerts/alerts.consumer';
import { AlertsController } from './alerts/alerts.controller';
import { AlertsService } from './alerts/alerts.service';
import { EventStreams } from './api/event-streams';
import { ProblemFilter } from './api/problem.filter';
import { DatasetsConsumer } from './datasets/datasets.consumer';
import { DatasetsController } from './datasets/datasets.controller';
import { DatasetsService } from './datasets/datasets.service';
import { DeadLettersController } from './dead-letters/dead-letters.controller';
import { DeadLettersService } from './dead-letters/dead-letters.service';
import { DeletionService } from './deletion/deletion.service';
import { documentsProvider } from './documents/documents.provider';
import { executionProviders } from './execution/execution.providers';
import { GarbageCollectionController } from './garbage-collection/garbage-collection.controller';
import { GarbageCollectionService } from './garbage-collection/garbage-collection.service';
import { CheckpointsController } from './models/checkpoints.controller';
import { CheckpointsService } from './models/checkpoints.service';
import { ModelImports } from './models/model-imports.service';
import { ModelsConsumer } from './models/models.consumer';
import { ModelsController } from './models/models.controller';
import { ModelsService } from './models/models.service';
import { PipelineDocuments } from './pipelines/pipeline-documents';
import { PipelinesController } from './pipelines/pipelines.controller';
import { PipelinesService } from './pipelines/pipelines.service';
import { PreferencesConsumer } from './preferences/preferences.consumer';
import { PreferencesController } from './preferences/preferences.controller';
import { PreferencesService } from './preferences/preferences.service';
import { ReportsController } from './reports/reports.controller';
import { ReportsService } from './reports/reports.service';
import { HistoryWatch } from './runs/history-watch';
import { RunHistory } from './runs/run-history';
import { RunJournal } from './runs/run-journal';
import { RunWatch } from './runs/run-watch';
import { RunsConsumer } from './runs/runs.consumer';
import { RunsController } from './runs/runs.controller';
import { RunsService } from './runs/runs.service';

@Module({
  imports: [AccessModule],
  controllers: [
    PipelinesController,
    ReportsController,
    RunsController,
    DatasetsController,
    ModelsController,
    CheckpointsController,
    PreferencesController,
    AlertsController,
    DeadLettersController,
    GarbageCollectionController,
    RunsConsumer,
    DatasetsConsumer,
    ModelsConsumer,
    PreferencesConsumer,
    AlertsConsumer,
  ],
  providers: [
    documentsProvider,
    PipelineDocuments,
    ...executionProviders,
    PipelinesService,
    EventStreams,
    HistoryWatch,
    RunsService,
    RunHistory,
    RunJournal,
    RunWatch,
    DatasetsService,
    ModelsService,
    ModelImports,
    CheckpointsService,
    PreferencesService,
    AlertsService,
    ReportsService,
    DeadLettersService,
    GarbageCollectionService,
    DeletionService,
    { provide: APP_FILTER, inject: [LOGGER], useFactory: (logger: Logger) => new ProblemFilter(logger) },
  ],
})
export class GatewayModule {}
