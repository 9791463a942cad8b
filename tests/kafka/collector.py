"""A collector that answers as Splunk's HTTP Event Collector is documented to, strictly, and can be told to fail."""
import http.server
import json
import threading
import urllib.parse

WORDS = {0: "Success", 2: "Token is required", 3: "Invalid authorization", 4: "Invalid token", 5: "No data", 6: "Invalid data format",
         7: "Incorrect index", 9: "Server is busy", 10: "Data channel is missing", 12: "Event field is required",
         13: "Event field cannot be blank", 15: "Error in handling indexed fields"}
KEYS = {"time", "host", "source", "sourcetype", "index", "event", "fields"}


def objects(text):
    """JSON objects one behind the other, with or without white space between them."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        one, at = decoder.raw_decode(text, at)
        yield one


def fault_of(event, indexes):
    """The code of the documentation; None: nothing is wrong with it."""
    if not isinstance(event, dict) or not KEYS.issuperset(event):
        return 6
    if "event" not in event:
        return 12
    if event["event"] in (None, "", {}):
        return 13
    if event.get("index", "main") not in indexes:
        return 7
    flat = all(isinstance(value, (str, int, float)) for value in event.get("fields", {}).values())
    return None if flat else 15


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, status, answer):
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, code, **more):
        self.say(status, {"text": WORDS[code], "code": code, **more})

    def do_POST(self):
        collector, url = self.server.collector, urllib.parse.urlparse(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        with collector.lock:
            fault = collector.faults.pop(0) if collector.faults and url.path.endswith("/event") else None
            collector.asked.append((url.path, fault))
            if fault == "cut":
                self.close_connection = True
            elif fault is not None:
                self.refuse(fault, 9)
            elif not token:
                self.refuse(401, 3 if scheme else 2)
            elif scheme != "Splunk":
                self.refuse(401, 3)
            elif token != collector.token:
                self.refuse(403, 4)
            elif url.path == "/services/collector/event":
                self.take(collector, body)
            elif url.path == "/services/collector/ack":
                self.acknowledge(collector, json.loads(body), urllib.parse.parse_qs(url.query))
            else:
                self.say(404, {"text": "The requested URL was not found on this server.", "code": 404})

    def take(self, collector, body):
        channel = self.headers.get("X-Splunk-Request-Channel")
        try:
            found = list(objects(body))
        except ValueError:
            found = [None]
        if collector.acknowledges and not channel:
            self.refuse(400, 10)
        elif not found:
            self.refuse(400, 5)
        else:
            for number, event in enumerate(found): # those before the one that is refused are in
                code = fault_of(event, collector.indexes)
                if code is not None:
                    self.refuse(400, code, **{"invalid-event-number": number})
                    return
                collector.events.append(event)
            self.say(200, {"text": "Success", "code": 0, **collector.number(channel)})

    def acknowledge(self, collector, asked, query):
        known = collector.numbers.get(query.get("channel", [""])[0], [])
        self.say(200, {"acks": {str(number): collector.looked(known, number) for number in asked["acks"]}})


class Collector:
    """Listens on a port of its own until `stop`. faults: what the next requests get: a status, or "cut"."""

    def __init__(self, token, acknowledges=False, indexes=("main", "tapgrade")):
        self.token, self.acknowledges, self.indexes = token, acknowledges, indexes
        self.events, self.asked, self.faults, self.numbers, self.lock = [], [], [], {}, threading.Lock()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.server.collector = self
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def number(self, channel):
        """Of the next batch of a channel, where indexers acknowledge."""
        if not self.acknowledges:
            return {}
        self.numbers.setdefault(channel, []).append(0)
        return {"ackId": len(self.numbers[channel]) - 1}

    def looked(self, known, number):
        """Indexed by the second look."""
        if number < len(known):
            known[number] += 1
        return number < len(known) and known[number] > 1

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
