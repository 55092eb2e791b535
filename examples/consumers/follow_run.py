#!/usr/bin/env python3
"""Follows the progress of a run from the events of the platform: one line for each event, until the run ends.

    pip install -r requirements.txt
    python follow_run.py --brokers localhost:9092 my-run

Exit status: 0 when the run completed, 1 when it failed or was cancelled.
The events are described in docs/events.md.
"""

import argparse
import json
import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

TOPIC = "openchatgpt.run.fact.v1"
PREFIX, VERSION = "openchatgpt.run.", ".v1"


def read_event(message):
    """Attributes and data of a CloudEvent, in binary or structured content mode."""
    headers = {name.lower(): value.decode() for name, value in message.headers() or [] if value is not None}
    body = json.loads(message.value())
    if headers.get("content-type", "").startswith("application/cloudevents+json"):
        return body, body["data"]
    return {name[3:]: value for name, value in headers.items() if name.startswith("ce_")}, body


def describe(what, data):
    """What happened, on one line; None for events that a later version may add."""
    at = f"{data['stage']} {data.get('step', '')}".strip()
    if what == "started":
        return f"{at}: started by {data['worker']}, attempt {data['attempt']}, {data['totalSteps']} steps in all"
    if what == "progressed":
        figures = " ".join(f"{name}={value:.4g}" for name, value in data["metrics"].items())
        return f"{at}/{data['totalSteps']}: {data['phase']} {figures}"
    if what == "checkpointed":
        return f"{at}: checkpoint at {data['checkpoint']['uri']}"
    if what == "completed":
        return f"{at}: completed, " + " ".join(f"{name}={value}" for name, value in data["summary"].items())
    if what == "failed":
        return f"{at}: failed, {data['error']['code']}: {data['error']['message']}"
    if what == "cancelled":
        return f"{at}: cancelled"
    return None


def follow(consumer, run):
    """Prints the events of the run as they come; returns how it ended."""
    seen = set()
    while True:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        # The key is the run, so the events of others need not be read.
        if message.key() is None or message.key().decode() != run:
            continue
        attributes, data = read_event(message)
        # Delivery is at least once: source and id name an event.
        name = (attributes["source"], attributes["id"])
        what = attributes["type"].removeprefix(PREFIX).removesuffix(VERSION)
        line = describe(what, data)
        if name in seen or line is None:
            continue
        seen.add(name)
        print(attributes["time"], line, flush=True)
        if what in ("completed", "failed", "cancelled"):
            return what


def open_consumer(brokers):
    """Reads every partition from its first event on, in no consumer group: nothing is committed, nobody else disturbed."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "unused", "enable.auto.commit": False})
    topic = consumer.list_topics(TOPIC, timeout=10).topics[TOPIC]
    if topic.error is not None:
        sys.exit(f"{brokers} has no topic {TOPIC} ({topic.error}); is this the broker of the platform?")
    consumer.assign([TopicPartition(TOPIC, partition, OFFSET_BEGINNING) for partition in topic.partitions])
    return consumer


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="id of the run")
    parser.add_argument("--brokers", default="localhost:9092", help="host:port of brokers, with commas between them")
    options = parser.parse_args()
    try:
        consumer = open_consumer(options.brokers)
        ended = follow(consumer, options.run)
    except KafkaException as error:
        sys.exit(f"{options.brokers}: {error.args[0].str()}")
    except KeyboardInterrupt:
        sys.exit(130)
    consumer.close()
    sys.exit(0 if ended == "completed" else 1)


if __name__ == "__main__":
    main()
