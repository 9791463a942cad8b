#!/usr/bin/python3
"""Prints what a sensor publishes: each report once that is due, each grade once that was reached.

consumer.py READER.properties PREFIX [--until-end]
The properties are librdkafka's, a line each, as kcat -F reads them.
"""
import json
import sys

import confluent_kafka

with open(sys.argv[1], encoding="utf-8") as file:
    properties = dict(line.strip().split("=", 1) for line in file if "=" in line and not line.startswith("#"))
prefix = sys.argv[2]
consumer = confluent_kafka.Consumer({"group.id": "example", "auto.offset.reset": "earliest", **properties,
                                     "enable.auto.commit": False, "enable.partition.eof": True})
consumer.subscribe([f"{prefix}.finding.v1", f"{prefix}.draft.v1"])
seen, ended = {}, set()
while "--until-end" not in sys.argv or not ended or len(ended) < len(consumer.assignment()):
    message = consumer.poll(1)
    if message is None:
        continue
    if message.error():
        if message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
            ended.add((message.topic(), message.partition()))
        else:
            print(f"consumer.py: {message.error()}", file=sys.stderr)
        continue
    headers = {name: text.decode() for name, text in message.headers()}
    key = headers["ce_source"], headers["ce_id"]
    if key not in seen:
        seen[key] = True
        value = json.loads(message.value())
        if message.topic().endswith(".draft.v1"):
            print(f"due {headers['ce_due']}: {value['kind']} of {headers['ce_subject']}, to fill: {', '.join(value['to_fill'])}")
        else:
            print(f"{headers['ce_time']} {headers['ce_type']} severity {value['severity_id']}: {value['finding_info']['title']}")
        if len(seen) > 100_000: # what comes twice comes soon
            del seen[next(iter(seen))]
    consumer.commit(message, asynchronous=False)
consumer.close()
