#!/usr/bin/python3
"""Posts what a sensor publishes to Splunk's HTTP Event Collector, each record as one event.

hec.py -F READER.properties --url https://splunk.example:8088 --token FILE [--prefix tapgrade] [--index NAME] [--ca PEM] [--until-end]

The properties are librdkafka's, as kcat -F reads them; the token's file is nobody else's to read (chmod 600).
An offset is committed once the collector has answered for its record: 200, and, where the token wants indexers to
acknowledge, their word. 429, 5xx and silence are tried again without end; any other answer ends the program with
status 1 and commits nothing. So a record may come twice, and none is lost: search with `dedup ce_id`.
"""
import argparse
import datetime
import http.client
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

import confluent_kafka

TOPICS = {"finding.v1": "ocsf:2004", "draft.v1": "tapgrade:draft", "health.v1": "tapgrade:health"} # and their sourcetypes
FIELDS = ("ce_id", "ce_type", "ce_subject", "ce_severitynumber", "ce_due")
RECORDS, BYTES, WAIT_S = 100, 512_000, 1.0 # the most of one request, and how long it waits for more
RETRY_S, ANSWER_S, INDEXED_S = (1, 30), 30, 300


class Refused(Exception):
    """An answer that trying again does not change."""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-F", required=True, metavar="FILE", dest="properties", help="librdkafka's properties, a line each")
    parser.add_argument("--url", required=True, help="of the collector, without a path")
    parser.add_argument("--token", required=True, metavar="FILE", help="holds the collector's token and nothing else")
    parser.add_argument("--prefix", default="tapgrade", help="kafka.topic_prefix of the sensor")
    parser.add_argument("--index", help="else the token's")
    parser.add_argument("--ca", metavar="PEM", help="authorities to believe, else the system's")
    parser.add_argument("--until-end", action="store_true", help="end once every partition was read")
    return parser.parse_args()


def properties(path):
    with open(path, encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def secret(path):
    if os.stat(path).st_mode & 0o077:
        raise SystemExit(f"hec.py: others can read '{path}': chmod 600")
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


def event(message, index):
    """One record as the collector wants it."""
    headers = {name: text.decode() for name, text in message.headers()}
    value = json.loads(message.value())
    kind = next(kind for name, kind in TOPICS.items() if message.topic().endswith("." + name))
    time_s = value["time"] / 1000 if kind == "ocsf:2004" else datetime.datetime.fromisoformat(headers["ce_time"]).timestamp()
    made = {"time": time_s, "host": urllib.parse.unquote(headers["ce_source"].rpartition("/")[2]), "source": message.topic(),
            "sourcetype": kind, "event": value, "fields": {name: headers[name] for name in FIELDS if name in headers}}
    return json.dumps(made | ({"index": index} if index else {}), ensure_ascii=False).encode()


def event_or_none(message, index):
    """None, and a word: nobody but a sensor writes these topics, and this is not of one."""
    try:
        return event(message, index)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        print(f"hec.py: {place(message)} is no record of a sensor and is left out: {error!r}", file=sys.stderr, flush=True)
        return None


def place(message):
    return f"{message.topic()}/{message.partition()}/{message.offset()}"


class Collector:
    def __init__(self, options):
        self.url = options.url.rstrip("/")
        context = ssl.create_default_context(cafile=options.ca) if self.url.startswith("https:") else None
        self.opener = urllib.request.build_opener(*([urllib.request.HTTPSHandler(context=context)] if context else []))
        self.channel = str(uuid.uuid4()) # acknowledgements are counted by channel
        self.headers = {"Authorization": "Splunk " + secret(options.token), "X-Splunk-Request-Channel": self.channel,
                        "Content-Type": "application/json"}

    def ask(self, path, body):
        """The answer's object; None: try again."""
        try:
            with self.opener.open(urllib.request.Request(self.url + path, body, self.headers), timeout=ANSWER_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 429 or error.code >= 500:
                return None
            raise Refused(f"the collector answers {error.code}: {error.read(500).decode(errors='replace')}") from error
        except (OSError, ValueError, http.client.HTTPException):
            return None

    def indexed(self, number, alive):
        """Whether the indexers have it."""
        end = time.monotonic() + INDEXED_S
        while time.monotonic() < end:
            said = self.ask(f"/services/collector/ack?channel={self.channel}", json.dumps({"acks": [number]}).encode())
            if said is not None and said.get("acks", {}).get(str(number)):
                return True
            alive(1)
        return False

    def post(self, events, alive):
        """Comes back once they are there."""
        wait_s = RETRY_S[0]
        while True:
            said = self.ask("/services/collector/event", b"\n".join(events))
            if said is not None and said.get("code") == 0 and ("ackId" not in said or self.indexed(said["ackId"], alive)):
                return
            print(f"hec.py: {len(events)} records wait, the next try is in {wait_s} s", file=sys.stderr, flush=True)
            alive(wait_s)
            wait_s = min(wait_s * 2, RETRY_S[1])


class Reader:
    def __init__(self, options):
        self.ended, self.early = set(), [] # early: taken while the collector was away
        self.consumer = confluent_kafka.Consumer({"group.id": "splunk", "auto.offset.reset": "earliest", **properties(options.properties),
                                                  "enable.auto.commit": False, "enable.partition.eof": True})
        self.consumer.subscribe([f"{options.prefix}.{name}" for name in TOPICS])

    def take(self, seconds):
        message = self.consumer.poll(seconds)
        if message is not None and message.error() is None:
            return [message]
        if message is not None and message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
            self.ended.add((message.topic(), message.partition()))
        return []

    def alive(self, seconds):
        """Stays in the group while the collector is away; what a change of the group brings meanwhile comes next."""
        self.consumer.pause(self.consumer.assignment())
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.early += self.take(left)
        self.consumer.resume(self.consumer.assignment())

    def batch(self):
        found, self.early, end = self.early, [], time.monotonic() + WAIT_S
        while len(found) < RECORDS and sum(len(one) for one in found) < BYTES and (left := end - time.monotonic()) > 0:
            found += self.take(left)
        return found

    def commit(self, batch):
        next_of = {(one.topic(), one.partition()): one.offset() + 1 for one in batch}
        try:
            self.consumer.commit(offsets=[confluent_kafka.TopicPartition(*key, offset) for key, offset in next_of.items()], asynchronous=False)
        except confluent_kafka.KafkaException as error:
            print(f"hec.py: {len(batch)} records may come again: {error}", file=sys.stderr, flush=True)

    def at_end(self):
        return bool(self.ended) and len(self.ended) >= len(self.consumer.assignment())


def carry(options, collector, reader):
    while not (options.until_end and reader.at_end() and not reader.early):
        batch = reader.batch()
        events = [made for made in (event_or_none(message, options.index) for message in batch) if made is not None]
        try:
            if events:
                collector.post(events, reader.alive)
        except Refused as refused:
            raise SystemExit(f"hec.py: {refused}; {len(batch)} records from {place(batch[0])} on stay") from refused
        if batch:
            reader.commit(batch)


def main():
    options = arguments()
    collector, reader = Collector(options), Reader(options)
    try:
        carry(options, collector, reader)
    finally:
        reader.consumer.close() # else the group waits for this member


main()
