#!/usr/bin/env python3
"""Checks messages (JSON lines {topic, key, headers, value} on standard input) against docs/schemas.

Usage: validate.py SCHEMAS_FOLDER [--every-kind]   with --every-kind: all kinds must be there, and
broken copies of the messages must be refused

Readers of v1 tolerate fields that they do not know; the test does not: a field that is in no schema
is a mistake. Beyond the schemas: no null anywhere, nothing like a card number, less than 100 KB,
the key is the incident (or kind and subject of an alarm), and ce_sequence and ce_id fit the value.
"""
import copy
import datetime
import functools
import json
import pathlib
import re
import sys

import jsonschema

try:
    import referencing  # jsonschema 4.18 and later
except ImportError:
    referencing = None

MOST_BYTES = 100_000
KINDS = {"finding.v1", "incident.v1", "draft.v1", "health.v1", "ecs.v1", "counters.v1"}
EVENTS = {"opened", "updated", "escalated", "recovered", "raised", "cleared", "duty_due", "duty_overdue"}


def close(schema):
    """Forbids what is not listed, in every object of the schema."""
    if isinstance(schema, dict):
        if "properties" in schema and schema.get("type") == "object":
            schema["additionalProperties"] = False
        for part in schema.values():
            close(part)
    elif isinstance(schema, list):
        for part in schema:
            close(part)


class Schemas(dict):
    """By $id; hashed by identity, so that a validator is made once."""

    __hash__ = object.__hash__


def read_schemas(folder):
    schemas = Schemas()
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        close(schema)
        schemas[schema["$id"]] = schema
    return schemas


@functools.cache
def validator_of(name, schemas):
    if referencing is None:
        resolver = jsonschema.RefResolver("", {}, store=schemas)
        return jsonschema.Draft202012Validator(schemas[name], resolver=resolver)
    resources = [(key, referencing.Resource.from_contents(schema)) for key, schema in schemas.items()]
    registry = referencing.Registry().with_resources(resources)
    return jsonschema.Draft202012Validator(schemas[name], registry=registry)


def luhn(digits):
    total = 0
    for i, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if i % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def walk(value, place):
    """Yields a sentence for every value that must not be there."""
    if value is None:
        yield f"{place}: null"
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from walk(part, f"{place}/{key}")
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from walk(part, f"{place}/{i}")
    elif isinstance(value, str):
        for digits in re.findall(r"(?<![0-9A-Za-z])[0-9]{13,19}(?![0-9A-Za-z])", value):
            if luhn(digits):
                yield f"{place}: '{digits}' could be a card number"


def key_of(kind, value):
    """The key that the value says, and its sequence."""
    if kind == "health.v1":
        known = datetime.datetime.fromisoformat(value["at"])
        return f"{value['kind']}/{value['subject']['id']}", int(known.timestamp())
    if kind == "counters.v1":
        return value["network"], int(datetime.datetime.fromisoformat(value["from"]).timestamp())
    if kind == "ecs.v1":
        facts = value["Tapgrade"]["pboc"]
    else:
        facts = value.get("facts") or value.get("notice") or {} if kind == "draft.v1" else value["unmapped"]["pboc"]
    if "notice" in facts:
        return facts["notice"], (value if kind == "draft.v1" else facts)["duty"]["sequence"]
    return facts.get("incident"), facts.get("sequence")


def mistakes_of(message, schemas):
    topic, headers, value = message["topic"], message["headers"], message["value"]
    kind = topic.split(".", 1)[1]
    if headers["ce_dataschema"] != f"urn:tapgrade:schema:{kind}":
        yield f"{topic}: ce_dataschema is {headers['ce_dataschema']}"
    for name, part in ((f"urn:tapgrade:schema:{kind}", value), ("urn:tapgrade:schema:headers.v1", headers)):
        for error in validator_of(name, schemas).iter_errors(part):
            yield f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message}"
    size = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
    if size >= MOST_BYTES:
        yield f"{topic}: {size} bytes"
    key, sequence = key_of(kind, value)
    if message["key"] != key or headers["ce_partitionkey"] != key:
        yield f"{topic}: key '{message['key']}' of {key}"
    begin = value["draft"] if kind == "draft.v1" else f"{key}/{sequence}"
    if kind == "counters.v1":
        begin = f"{key}:{value['function']}:{value['province']}/{sequence}"
    if ".duty_" in headers["ce_type"]:
        duty = value["unmapped"]["pboc"]["duty"]
        begin = f"{key}/{duty['key']}/{duty['sequence']}"
    if not headers["ce_id"].startswith(f"{begin}/") or int(headers["ce_sequence"]) != sequence:
        yield f"{topic}: ce_id {headers['ce_id']} of {key} event {sequence}"
    yield from walk(message, topic)


# What a test that never fails would let through: (topic's kind, what, how to break it).
BREAKS = [
    ("finding.v1", "a field that is in no schema", lambda m: m["value"].update(surprise=1)),
    ("finding.v1", "a missing field", lambda m: m["value"].pop("severity_id")),
    ("finding.v1", "a null", lambda m: m["value"].update(message=None)),
    ("finding.v1", "another class", lambda m: m["value"].update(class_uid=2005)),
    ("incident.v1", "a grade that there is not", lambda m: m["value"]["unmapped"]["pboc"].update(grade="严重")),
    ("incident.v1", "an instant in UTC", lambda m: m["value"]["unmapped"]["pboc"].update(onset="2026-03-10T02:00:00Z")),
    ("incident.v1", "another key", lambda m: m.update(key="x")),
    ("draft.v1", "neither facts nor a notice", lambda m: m["value"].pop("facts")),
    ("draft.v1", "no banner", lambda m: m["value"].update(banner="")),
    ("draft.v1", "a card number", lambda m: m["value"].update(text="卡号 4111111111111111")),
    ("draft.v1", "too large", lambda m: m["value"].update(text="字" * MOST_BYTES)),
    ("counters.v1", "a missing count", lambda m: m["value"].pop("failed")),
    ("ecs.v1", "another kind of event", lambda m: m["value"]["event"].update(kind="signal")),
    ("health.v1", "a kind that there is not", lambda m: m["value"].update(kind="tired")),
    ("health.v1", "no reason", lambda m: m["value"].update(reason="")),
    ("health.v1", "another key", lambda m: m.update(key="blind/x")),
    ("draft.v1", "another ce_id", lambda m: m["headers"].update(ce_id="0" * 32 + "/1/draft.written")),
]


def not_refused(messages, schemas):
    for kind, what, apply in BREAKS:
        message = copy.deepcopy(next(m for m in messages if m["topic"].endswith(kind)))
        apply(message)
        if not list(mistakes_of(message, schemas)):
            yield f"{kind}: {what} is not refused"


def main():
    schemas = read_schemas(sys.argv[1])
    messages = [json.loads(line) for line in sys.stdin]
    found = [f"line {i}: {mistake}" for i, message in enumerate(messages, 1) for mistake in mistakes_of(message, schemas)]
    if not messages:
        found.append("no message was read")
    elif "--every-kind" in sys.argv:
        kinds = {message["topic"].split(".", 1)[1] for message in messages}
        events = {message["headers"]["ce_type"].split(".")[-2] for message in messages}
        notices = {message["headers"]["ce_type"] for message in messages if "notice" in message["headers"]["ce_type"]}
        found += [f"no {event} of a notice" for event in ("duty_due", "duty_overdue")
                  if f"io.tapgrade.notice.{event}.v1" not in notices]
        found += [f"no message of {missing}" for missing in sorted(KINDS - kinds | EVENTS - events)]
        found += not_refused(messages, schemas)
    for sentence in found:
        print(sentence)
    print(f"{len(messages)} messages, {len(found)} mistakes")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
