#!/usr/bin/python3
"""Prints what a sensor publishes: each report once that is due, each grade once that was reached.

consumer.py BROKERS PREFIX [--until-end]
"""
import json
import sys

import confluent_kafka

brokers, prefix = sys.argv[1:3]
consumer = confluent_kafka.Consumer({"bootstrap.servers": brokers, "group.id": "example", "auto.offset.reset": "earliest",
                                     "enable.auto.commit": False, "enable.partition.eof": True})
consumer.subscribe([f"{prefix}.finding.v1", f"{prefix}.draft.v1"])
seen, ended = set(), set()
while "--until-end" not in sys.argv or not ended or len(ended) < len(consumer.assignment()):
    message = consumer.poll(1)
    if message is None:
        continue
    if message.error():
        ended.add((message.topic(), message.partition()))
        continue
    headers = {name: text.decode() for name, text in message.headers()}
    if (headers["ce_source"], headers["ce_id"]) not in seen:
        seen.add((headers["ce_source"], headers["ce_id"]))
        value = json.loads(message.value())
        if message.topic().endswith(".draft.v1"):
            print(f"due {headers['ce_due']}: {value['kind']} of {headers['ce_subject']}, to fill: {', '.join(value['to_fill'])}")
        else:
            print(f"{headers['ce_time']} {headers['ce_type']} severity {value['severity_id']}: {value['finding_info']['title']}")
    consumer.commit(message, asynchronous=False)
consumer.close()
