/** One step: events through libs/messaging as services send and handle them, in Nest, on the embedded bus or Kafka. */
import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Bus,
  BusServer,
  EmbeddedDriver,
  EventPublisher,
  KafkaDriver,
  MessagingModule,
  OnEvent,
} from '@open-chatgpt/messaging';
import { Counter, measureStep, progressOf, SHAPE } from '../events/measure.mjs';
import { serve } from './serve.mjs';

const { brokers } = JSON.parse(process.argv[2]);
const group = `bench-${process.pid}`;
const counter = new Counter();

class Consumer {
  async progressed() {
    counter.handled();
    counter.done();
  }
}
OnEvent('run.progressed')(
  Consumer.prototype,
  'progressed',
  Object.getOwnPropertyDescriptor(Consumer.prototype, 'progressed'),
);
Controller()(Consumer);

const driver = brokers ? new KafkaDriver({ brokers }) : new EmbeddedDriver();
const { subscribe } = driver;
let subscription;
driver.subscribe = async (options) => {
  subscription = await subscribe.call(driver, options);
  return subscription;
};
class BenchModule {}
Module({
  imports: [MessagingModule.forRoot({ driver, source: '/bench', partitions: SHAPE.partitions })],
  controllers: [Consumer],
})(BenchModule);
const app = await NestFactory.create(BenchModule, { logger: false });
app.connectMicroservice({ strategy: new BusServer({ bus: app.get(Bus), group, fromBeginning: false }) });
await app.init();
await app.startAllMicroservices();
const publisher = app.get(EventPublisher);

await serve(() =>
  measureStep(
    {
      send: (sender, index) => publisher.publish('run.progressed', progressOf(sender, index)),
      sendMany: (many) =>
        publisher.publishAll(
          many.map(([sender, index]) => publisher.create('run.progressed', progressOf(sender, index))),
        ),
      pause: () => subscription.pause(),
      resume: () => subscription.resume(),
    },
    counter,
  ),
);
