"""A machine in software: Debian's kernel, an initramfs with tapgrade and all that it needs, one network card on a tap.
Commands go in through the second serial port, changes of the link through QEMU's own protocol."""
import gzip
import json
import os
import re
import select
import shutil
import socket
import stat
import subprocess
import tempfile
import time

import live

HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = ("virt/lib/irqbypass", "drivers/uio/uio", "drivers/uio/uio_pci_generic", "drivers/vfio/vfio",
           "drivers/vfio/vfio_virqfd", "drivers/vfio/vfio_iommu_type1", "drivers/vfio/pci/vfio-pci-core",
           "drivers/vfio/pci/vfio-pci")
PLUGINS = ("bus_pci", "bus_vdev", "mempool_ring", "net_e1000", "net_virtio")
PATIENCE_S = 60


def kernel(folder):
    """Debian's, unpacked into the folder once: its image and its modules. Nothing is installed."""
    if not os.path.isdir(os.path.join(folder, "boot")):
        names = live.run("apt-cache", "depends", "linux-image-cloud-amd64").decode()
        package = re.search(r"Depends: (linux-image-\S+)", names)[1]
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryDirectory() as into:
            live.run("apt-get", "download", package, cwd=into, stderr=subprocess.DEVNULL)
            live.run("dpkg-deb", "-x", os.path.join(into, os.listdir(into)[0]), folder)
    [image] = [name for name in os.listdir(os.path.join(folder, "boot")) if name.startswith("vmlinuz-")]
    modules = os.path.join(folder, "lib/modules", image[len("vmlinuz-"):], "kernel")
    return os.path.join(folder, "boot", image), modules


def libraries(*programs):
    """What the loader loads, by the names that it looks for; and what glibc loads to end a thread."""
    found = [re.findall(r"(/\S+) \(0x", live.run("ldd", program).decode()) for program in programs]
    found.append(re.findall(r"libgcc_s.so.1 .*x86-64.*=> (\S+)", live.run("/sbin/ldconfig", "-p").decode())[:1])
    return sorted(set(sum(found, [])))


class Initramfs:
    """A cpio archive of the form newc, as the kernel unpacks it."""

    def __init__(self, path):
        self.file = gzip.open(path, "wb", compresslevel=1)
        self.inode, self.folders, self.placed = 0, set(), {}

    def entry(self, name, mode, data):
        self.inode += 1
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        self.file.write(head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4))

    def folder(self, name):
        if name and name not in self.folders:
            self.folder(os.path.dirname(name))
            self.folders.add(name)
            self.entry(name, stat.S_IFDIR | 0o755, b"")

    def add(self, path, source):
        """The file; a link the second time, so that the loader knows a library for the same."""
        name = path.lstrip("/")
        self.folder(os.path.dirname(name))
        first = self.placed.setdefault(os.path.realpath(source), name)
        if first != name:
            self.entry(name, stat.S_IFLNK | 0o777, b"/" + first.encode())
            return
        with open(source, "rb") as file:
            self.entry(name, stat.S_IFREG | 0o755, file.read())

    def tree(self, path, source):
        for folder, _, names in os.walk(source):
            for name in names:
                full = os.path.join(folder, name)
                self.add(os.path.join(path, os.path.relpath(full, source)), full)

    def close(self):
        self.entry("TRAILER!!!", 0, b"")
        self.file.close()


def initramfs(path, modules, ask, settings):
    plugins_at = os.path.join(live.run("pkg-config", "--variable=libdir", "libdpdk").decode().strip(), "dpdk/pmds-23.0")
    plugins = [os.path.join(plugins_at, f"librte_{name}.so.23.0") for name in PLUGINS]
    out = Initramfs(path)
    for folder in ("bin", "proc", "sys", "dev", "tmp", "var/run", "root"):
        out.folder(folder)
    out.add("init", os.path.join(HERE, "init"))
    out.add("bin/busybox", shutil.which("busybox"))
    out.add("bin/tapgrade", live.TAPGRADE)
    out.add("bin/ask", ask)
    for name in MODULES:
        out.add(f"modules/{os.path.basename(name)}.ko", os.path.join(modules, name + ".ko"))
    for path in plugins + libraries(live.TAPGRADE, *plugins):
        out.add(path, path)
        if path.endswith(".so.23"):
            out.add(path + ".0", path)  # the EAL looks for itself by this name
    out.tree("tapgrade/config", os.path.join(live.SOURCE, "config"))
    out.add("tapgrade/settings.yaml", settings)
    out.close()


class Guest:
    def __init__(self, folder, image, archive, devices, kernel_words=""):
        self.folder = folder
        self.console = os.path.join(folder, "console")
        command = ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "640", "-nodefaults",
                   "-no-user-config", "-no-reboot", "-display", "none", "-kernel", image, "-initrd", archive,
                   "-append", f"console=ttyS0 quiet panic=-1 hugepages=96 {kernel_words}",
                   "-serial", f"file:{self.console}",
                   "-chardev", f"socket,id=commands,path={folder}/commands,server=on,wait=off", "-serial", "chardev:commands",
                   "-qmp", f"unix:{folder}/qmp,server=on,wait=off", *devices]
        self.started = time.monotonic()
        with open(os.path.join(folder, "qemu"), "wb") as said:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        self.commands, self.unread, self.asked = self.connect("commands"), b"", "to boot"
        self.qmp = self.connect("qmp").makefile("rw")
        self.qmp.readline()
        self.monitor("qmp_capabilities")
        self.line()
        print(f"booted in {time.monotonic() - self.started:.1f} s", flush=True)

    def connect(self, name):
        link = socket.socket(socket.AF_UNIX)
        until = time.monotonic() + PATIENCE_S
        while link.connect_ex(os.path.join(self.folder, name)) != 0:
            if time.monotonic() > until or self.process.poll() is not None:
                self.fail(f"no {name}")
            time.sleep(0.05)
        return link

    def fail(self, why):
        texts = ""
        for name in ("qemu", "console"):
            path = os.path.join(self.folder, name)
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    texts += file.read()[-3000:]
        self.end()
        raise SystemExit(f"{why}: {texts}")

    def monitor(self, what, **arguments):
        self.qmp.write(json.dumps({"execute": what, "arguments": arguments}) + "\n")
        self.qmp.flush()
        answer = {"event": True}
        while "event" in answer:
            answer = json.loads(self.qmp.readline())
        assert "return" in answer, answer

    def line(self):
        until = time.monotonic() + PATIENCE_S
        while b"\n" not in self.unread:
            ready, _, _ = select.select([self.commands], [], [], max(0.0, until - time.monotonic()))
            data = self.commands.recv(65536) if ready else b""
            if not data:
                self.fail(f"the guest, told {self.asked!r}, says nothing for {PATIENCE_S} s, or has ended; last: {self.unread}")
            self.unread += data
        line, self.unread = self.unread.split(b"\n", 1)
        return line.decode()

    def sh(self, command):
        """What the command in the guest prints, and its status."""
        self.asked = command
        self.commands.sendall(command.encode() + b"\n")
        lines = []
        while True:
            line = self.line()
            if line.startswith("status "):
                return "\n".join(lines), int(line.split()[1])
            lines.append(line)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
