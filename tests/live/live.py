"""What the live tests share: scenes as captures, a running `tapgrade run`, and its ports' own counts."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

TAPGRADE, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
PATIENCE_S = 60  # for things that happen at once; never what a test measures
NO_HARDWARE = ["--no-huge", "--no-pci", "--no-shconf"]


def run(*command, **more):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, **more).stdout


def enter_namespace():
    """Starts itself again, as root, in a network namespace, which goes away with it."""
    if "TAPGRADE_WIRE" in os.environ:
        return
    if os.geteuid() != 0:
        os.execvp("sudo", ["sudo", "-n", sys.executable, *sys.argv])
    os.environ["TAPGRADE_WIRE"] = "1"
    os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])


def enter_mounts():
    """Starts itself again, as root, with mounts of its own. In a chroot the root is no mount point and cannot be made private;
    whoever mounts something unmounts it again in any case."""
    if "TAPGRADE_MOUNTS" in os.environ:
        return
    if os.geteuid() != 0:
        os.execvp("sudo", ["sudo", "-n", sys.executable, *sys.argv])
    os.environ["TAPGRADE_MOUNTS"] = "1"
    private = subprocess.run(["unshare", "--mount", "--propagation", "private", "true"], stderr=subprocess.DEVNULL, check=False)
    propagation = "private" if private.returncode == 0 else "unchanged"
    os.execvp("unshare", ["unshare", "--mount", "--propagation", propagation, sys.executable, *sys.argv])


def raise_silent(name):
    """The interface up, with nobody else to talk on it."""
    with open(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", "w", encoding="ascii") as file:
        file.write("1")
    run("ip", "link", "set", name, "up")


def make_wire(end, other):
    run("ip", "link", "add", end, "type", "veth", "peer", "name", other)
    for name in (end, other):
        raise_silent(name)


def generate(scene, capture):
    """The capture, in microseconds as net_pcap stamps, and the sums of what really happened."""
    exact, truth = capture + ".ns", capture + ".truth"
    run(TAPGRADE, "generate", scene, "-o", exact, "--truth", truth)
    run("editcap", "-F", "pcap", exact, capture)
    os.remove(exact)
    with open(truth, encoding="utf-8") as lines:
        return json.loads(lines.readlines()[-1])["summary"]


def frames(capture):
    out = run("capinfos", "-M", "-c", capture).decode()
    return int(re.search(r"packets:\s*(\d+)", out)[1])


def settings(folder, like, **changes):
    """Settings of a test with a ledger folder and a time limit of their own; paths made absolute."""
    with open(like, encoding="utf-8") as file:
        text = file.read()
    home = os.path.dirname(os.path.abspath(like))
    text = re.sub(r"(?<=[ \[])((\.\./)+config/[\w./-]+|normals\.csv)",
                  lambda found: os.path.normpath(os.path.join(home, found[0])), text)
    changes = {"folder": os.path.join(folder, "ledger"), **changes}
    for key, value in changes.items():
        text, count = re.subn(rf"(?<![\w]){key}: [^,}}\n]*", f"{key}: {value}", text)
        assert count >= 1, key
    path = os.path.join(folder, "settings.yaml")
    os.makedirs(folder, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def account_key(folder):
    """A key of the same accounts in every run."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "account.key")
    with open(path, "w", encoding="ascii") as file:
        file.write("00112233445566778899aabbccddeeff\n")
    os.chmod(path, 0o600)
    return path


def forgiving_libxdp(folder):
    """libxdp, when it gets no lock or finds no bpffs, forgets 80 bytes: not ours, for the leak checker."""
    path = os.path.join(folder, "forgotten")
    with open(path, "w", encoding="ascii") as file:
        file.write("leak:xsk_umem__create\n")
    return {**os.environ, "LSAN_OPTIONS": f"suppressions={path}:print_suppressions=0"}


class Live:
    """A `tapgrade run`, asked through its telemetry socket; ended by SIGTERM or by itself."""
    count = 0

    def __init__(self, settings_path, options, eal, **more):
        Live.count += 1
        self.prefix = f"tapgrade-{os.getpid()}-{Live.count}"
        command = [TAPGRADE, "run", "-c", settings_path, *options, "--", *NO_HARDWARE,
                   "--file-prefix", self.prefix, *eal]
        self.out, self.said = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # a pipe would fill up
        self.process = subprocess.Popen(command, stdout=self.out, stderr=self.said, **more)
        self.telemetry = None

    def connect(self):
        base = "/var/run/dpdk" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "/tmp") + "/dpdk"
        path = os.path.join(base, self.prefix, "dpdk_telemetry.v2")
        link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            link.connect(path)
        except OSError:
            link.close()
            return False
        link.recv(16384)
        self.telemetry = link
        return True

    def ask(self, question):
        self.telemetry.send(question.encode())
        return json.loads(self.telemetry.recv(16384))

    def wait(self, what, ready):
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and self.process.poll() is None:
            if ready():
                return
            time.sleep(0.01)
        _, said, status = self.end()
        sys.exit(f"{what}: not within {PATIENCE_S} s; exit status {status}: {said}")

    def said_so_far(self):
        with open(f"/proc/{os.getpid()}/fd/{self.said.fileno()}", encoding="utf-8") as file:
            return file.read()

    def is_receiving(self):
        """The port is up, and so is all that comes before the workers: from here on nobody is late for its ring."""
        return (self.telemetry is not None or self.connect()) and (
            self.ask("/ethdev/link_status,0").get("/ethdev/link_status") or {}).get("status") == "UP" and (
            self.ask("/tapgrade/summary").get("/tapgrade/summary") is not None)

    def packets(self, port=0):
        return (self.ask(f"/ethdev/stats,{port}").get("/ethdev/stats") or {}).get("ipackets", 0)

    def end(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(timeout=PATIENCE_S)
        texts = []
        for file in (self.out, self.said):
            file.seek(0)
            texts.append(file.read().decode())
        return (*texts, self.process.returncode)

    def end_by_itself(self):
        """Of one that is to refuse its start."""
        self.process.wait(timeout=PATIENCE_S)
        return self.end()

    def summary(self, how=signal.SIGTERM):
        """Ends it, and returns the one JSON object on standard output."""
        out, said, status = self.end(how)
        assert status == 0, f"exit status {status}: {said}"
        assert out.count("\n") == 1, f"not one line: {out!r}"
        return json.loads(out)


def expect(what, found, wanted):
    print(f"{'ok    ' if found == wanted else 'NOT OK'} {what}: {found}" +
          ("" if found == wanted else f", not {wanted}"), flush=True)
    if found != wanted:
        expect.failed += 1


expect.failed = 0


def done():
    sys.exit(1 if expect.failed else 0)
