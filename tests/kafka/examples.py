"""The examples of docs/consumers.md, taken from there and run: what differs here is given as words to replace."""
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import tomllib

import collector

TOKEN = "12345678-1234-1234-1234-1234567890ab"


class Examples:
    """Runs in a folder as a reader's, with tests/ of the source beside it."""

    def __init__(self, source, folder, expect):
        with open(os.path.join(source, "docs/consumers.md"), encoding="utf-8") as file:
            self.sections = dict(re.findall(r"(?ms)^## (.*?)\n(.*?)(?=^## |\Z)", file.read()))
        self.folder, self.expect = folder, expect
        os.makedirs(folder)
        os.symlink(os.path.join(source, "tests"), os.path.join(folder, "tests"))

    def block(self, section, language, which=0):
        return re.findall(rf"(?ms)^```{language}\n(.*?)^```", self.sections[section])[which]

    def write(self, name, text, mode=0o600):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)

    def replaced(self, text, words):
        """Every word has to be there: an example that has changed is not run by half."""
        for word, other in words.items():
            if word not in text:
                raise SystemExit(f"docs/consumers.md: an example has '{word}' no more")
            text = text.replace(word, other)
        return text

    def run(self, command, timeout=60):
        """With the Python whose packages apt-get installs."""
        return subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=self.folder, capture_output=True, text=True, check=False,
                              timeout=timeout, env={**os.environ, "PATH": "/usr/bin:/bin:" + os.environ["PATH"]})

    def connect(self, words):
        self.write("reader.properties", self.replaced(self.block("Connecting", "properties"), words))

    def connect_plain(self, port):
        self.write("reader.properties", f"bootstrap.servers=127.0.0.1:{port}\n")


def of(found, *topics):
    return [record for record in found if record["topic_name"] in topics]


def kcat(examples, prefix, found):
    """Headers and values, whatever they are."""
    raw = examples.run(examples.replaced(examples.block("kcat", "sh"), {"tapgrade.": prefix + "."}))
    lines = raw.stdout.splitlines()
    wanted = of(found, "finding")
    examples.expect(f"{prefix}: kcat shows headers and value of each finding", sorted(lines[1::2]) == sorted(one["payload"] for one in wanted) and
                    all("ce_id=" in line for line in lines[::2]), raw.stderr[-300:])


def kcat_and_jq(examples, prefix, found):
    """One line for each event."""
    wanted = of(found, "finding")
    short = examples.run(examples.replaced(examples.block("kcat", "sh", 1), {"tapgrade.": prefix + "."}))
    examples.expect(f"{prefix}: kcat and jq show a line for each finding", len(short.stdout.splitlines()) == len(wanted) and
                    all(json.loads(one["payload"])["message"] in short.stdout for one in wanted), short.stderr[-300:])


def python(examples, prefix, found):
    command = examples.replaced(examples.block("Python", "sh").rstrip(), {"tapgrade": prefix})
    read = examples.run(command + " --until-end")
    examples.expect(f"{prefix}: Python prints every draft and finding once",
                    len(read.stdout.splitlines()) == len(of(found, "finding", "draft")), read.stdout[-300:] + read.stderr[-300:])
    again = examples.run(command + " --until-end")
    examples.expect(f"{prefix}: and nothing the next time", again.returncode == 0 and again.stdout == "", again.stdout[-300:] + again.stderr[-300:])


def hec_command(examples, prefix, server, more=""):
    command = examples.replaced(examples.block("Splunk", "sh").rstrip(), {"https://splunk.example:8088": server.url, " --ca ca.pem": ""})
    return f"{command} --prefix {prefix} --until-end {more}"


def expected_event(record):
    """By the table of the documents, told another way than hec.py tells it."""
    value, headers, topic = json.loads(record["payload"]), record["headers"], record["topic"]
    return {"event": value, "source": topic, "host": headers["ce_source"].split("/")[-1],
            "sourcetype": {"finding": "ocsf:2004", "draft": "tapgrade:draft", "health": "tapgrade:health"}[topic.split(".")[-2]],
            "fields": {key: headers[key] for key in ("ce_id", "ce_type", "ce_subject", "ce_severitynumber", "ce_due") if key in headers}}


def splunk_takes(examples, prefix, found, name, faults=(), more="", **options):
    """All of it is there, once, as the table says; *ret is how often was asked."""
    server = collector.Collector(TOKEN, **options)
    server.faults = list(faults)
    wanted = {one["headers"]["ce_id"]: expected_event(one) for one in of(found, "finding", "draft", "health")}
    done = examples.run(hec_command(examples, prefix, server, more))
    server.stop()
    got = {event["fields"]["ce_id"]: {key: event[key] for key in event if key not in ("time", "index")} for event in server.events}
    examples.expect(f"{prefix}: Splunk, {name}: each record once, as the table says",
                    done.returncode == 0 and got == wanted and len(server.events) == len(wanted) > 0, f"{len(server.events)} of {len(wanted)} {done.stderr[-300:]}")
    return server, done


def splunk_refuses(examples, prefix, name, word, more="", token=TOKEN, **options):
    """It ends, says why, and has committed nothing: the next reader of the group gets all."""
    examples.write("splunk.token", token + "\n")
    server = collector.Collector(TOKEN, **options)
    done = examples.run(hec_command(examples, prefix, server, more))
    server.stop()
    examples.expect(f"{prefix}: Splunk, {name}: it ends and says so", done.returncode == 1 and word in done.stderr and not server.events and
                    token not in done.stderr, done.stderr[-300:])
    examples.write("splunk.token", TOKEN + "\n")


def group(examples, name, port):
    examples.write("reader.properties", f"bootstrap.servers=127.0.0.1:{port}\ngroup.id={name}\n")


def splunk(examples, prefix, found, port):
    group(examples, prefix + "-splunk", port)
    splunk_refuses(examples, prefix, "a wrong token", "Invalid token", token=TOKEN.replace("1", "2"))
    splunk_refuses(examples, prefix, "an index that the token may not write", "Incorrect index", more="--index other")
    examples.write("splunk.token", TOKEN, 0o644)
    shut = examples.run(hec_command(examples, prefix, collector.Collector(TOKEN)))
    examples.expect(f"{prefix}: Splunk, a token that others can read: refused", shut.returncode == 1 and "chmod 600" in shut.stderr, shut.stderr)
    examples.write("splunk.token", TOKEN + "\n")
    server, done = splunk_takes(examples, prefix, found, "busy and cut off meanwhile", (503, "cut"), more="--index tapgrade")
    examples.expect(f"{prefix}: Splunk: it waited, and said so", done.stderr.count("records wait") == 2 and
                    [fault for _, fault in server.asked[:2]] == [503, "cut"], done.stderr[-300:])
    times = {event["fields"]["ce_id"]: event["time"] for event in server.events}
    findings = of(found, "finding")
    examples.expect(f"{prefix}: Splunk: seconds with milliseconds", all(times[one["headers"]["ce_id"]] * 1000 == json.loads(one["payload"])["time"]
                    for one in findings) and all(event["index"] == "tapgrade" for event in server.events))
    server = collector.Collector(TOKEN)
    examples.run(hec_command(examples, prefix, server))
    server.stop()
    examples.expect(f"{prefix}: Splunk: what was answered for does not come again", server.events == [])
    group(examples, prefix + "-splunk-acknowledged", port)
    server, _ = splunk_takes(examples, prefix, found, "indexers acknowledge", acknowledges=True)
    looks = [path for path, _ in server.asked if path.endswith("/ack")]
    examples.expect(f"{prefix}: Splunk: it waits for the indexers' word", len(looks) >= 2, str(server.asked))


def vector(examples):
    """Not to be had here. It is read as far as it can be: every part has a type, and is fed by one that is there."""
    parts = {name: part for kind in tomllib.loads(examples.block("Vector", "toml")).values() for name, part in kind.items()}
    fed = {source for part in parts.values() for source in part.get("inputs", [])}
    examples.expect("Vector: whole TOML, its parts lead to each other", all("type" in part for part in parts.values()) and
                    fed == parts.keys() - {"splunk"}, str(fed))


class Siem:
    """Takes messages of RFC 5424 that come by TCP, each behind its length (RFC 6587)."""

    def __init__(self):
        self.messages, self.server = [], socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.take, daemon=True).start()

    def take(self):
        with self.server.accept()[0].makefile("rb") as stream:
            while length := b"".join(iter(lambda: stream.read(1), b" ")) if stream.peek(1) else b"":
                self.messages.append(stream.read(int(length)).decode())


def rsyslog(examples, prefix, found, port):
    """Every value, to its byte, in the file and at the SIEM."""
    siem, path = Siem(), os.path.join(examples.folder, "tapgrade.jsonl")
    text = examples.replaced(examples.block("rsyslog", "rsyslog"), {
        "/var/spool/rsyslog": examples.folder, "/var/log/tapgrade.jsonl": path, "siem.example": "127.0.0.1", '"514"': f'"{siem.port}"',
        "tapgrade.finding.v1": prefix + ".finding.v1", "kafka.example:9093": f"127.0.0.1:{port}"})
    text = re.sub(r', "security\.protocol=.*?\]', "]", text, flags=re.S) # this broker is plain
    examples.write("rsyslog.conf", text)
    wanted = sorted(one["payload"] for one in of(found, "finding"))
    process = subprocess.Popen(["rsyslogd", "-n", "-f", "rsyslog.conf", "-i", os.path.join(examples.folder, "rsyslog.pid")], cwd=examples.folder,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    end = time.monotonic() + 30
    while time.monotonic() < end and len(siem.messages) < len(wanted):
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=30)
    lines = []
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    examples.expect(f"{prefix}: rsyslog writes each finding as a line", sorted(lines) == wanted, f"{len(lines)} of {len(wanted)} {said[-300:]}")
    examples.expect(f"{prefix}: rsyslog sends each finding to the SIEM", sorted(one.partition(" - finding - ")[2] for one in siem.messages) == wanted and
                    all(re.match(r"<134>1 \S+T\S+ \S+ tapgrade - finding - \{", one) for one in siem.messages), f"{len(siem.messages)} {said[-300:]}")
