#!/usr/bin/env python3
"""Writes the corpus: small captures of every kind that the reader knows, whole and broken."""
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus"
START_S = 1773109800
MAC = bytes.fromhex("020000000002020000000001")
ETHERNET, RAW_IP, COOKED, COOKED2 = 1, 101, 113, 276


def tcp(payload, options=b""):
    offset = (20 + len(options)) // 4 << 4
    return struct.pack(">HHIIBBHHH", 8080, 9001, 10, 20, offset, 0x18, 256, 0, 0) + options + payload


def ipv4(body, protocol=6, fragment=0, options=b"", total=None):
    size = 20 + len(options) + len(body) if total is None else total
    return struct.pack(">BBHHHBBHII", 0x45 + len(options) // 4, 0, size, 1, fragment, 64, protocol,
                       0, 0x0A010007, 0x0A020008) + options + body


def ipv6(body, following=6):
    ends = bytes.fromhex("20010db8" + "0" * 23 + "1" + "20010db8" + "0" * 23 + "2")
    return struct.pack(">IHBB", 6 << 28, len(body), following, 64) + ends + body


def ethernet(body, kind=0x0800, tags=()):
    layers = b"".join(struct.pack(">HH", *tag) for tag in tags)
    return MAC + layers + struct.pack(">H", kind) + body


FRAMES = [
    ethernet(ipv4(tcp(b"0200"))),
    ethernet(ipv4(tcp(b"0210", bytes.fromhex("0101080a0000000100000002"))), tags=[(0x8100, 5)]),
    ethernet(ipv4(tcp(b"x"), options=b"\1\1\1\0"), tags=[(0x88A8, 5), (0x8100, 6)]),
    ethernet(ipv6(tcp(b"0800")), 0x86DD),
    ethernet(ipv6(b"\x2c\0\5\2\0\0\0\0" + b"\6\0\0\0\0\0\0\1" + tcp(b"0810"), 0), 0x86DD),
    ethernet(ipv6(b"\6\0\0\1\0\0\0\1" + tcp(b"y"), 44), 0x86DD),
    ethernet(bytes.fromhex("00010800060400010200000000010a0100070000000000000a020008"), 0x0806),
    ethernet(ipv4(b"\0\x35\0\x35\0\x08\0\0", 17)),
    ethernet(ipv4(tcp(b"z"), fragment=0x2000)),
    ethernet(ipv4(tcp(b"offload"), total=0)),
    ethernet(b"\x42\x42\3", 3),
]


def udp(port, body):
    return struct.pack(">HHHH", 49152, port, 8 + len(body), 0) + body


def gre(kind, body, flags=0, fields=b""):
    return ethernet(ipv4(struct.pack(">HH", flags, kind) + fields + body, 47))


INNER = ethernet(ipv4(tcp(b"0200")))
LABELS = bytes.fromhex("0001003f0002013f")
TUNNELS = [
    ethernet(LABELS + ipv4(tcp(b"0200")), 0x8847),
    ethernet(LABELS + b"\0\0\0\0" + INNER, 0x8847),
    ethernet(LABELS + INNER, 0x8848),
    gre(0x0800, ipv4(tcp(b"0200"))),
    gre(0x6558, INNER, 0xB000, b"\0" * 12),
    gre(0x8847, LABELS + ipv6(tcp(b"0200"))),
    gre(0x88BE, INNER),
    gre(0x88BE, bytes.fromhex("1005100100000000") + INNER, 0x1000, b"\0\0\0\7"),
    gre(0x22EB, bytes.fromhex("200500010000000000000001") + b"\4" + b"\0" * 7 + INNER, 0x1000, b"\0\0\0\7"),
]
OVERLAYS = [
    ethernet(ipv4(udp(4789, bytes.fromhex("0800000000002a00") + INNER), 17)),
    ethernet(ipv6(udp(8472, bytes.fromhex("0800000000002a00") + INNER), 17), 0x86DD),
    ethernet(ipv4(udp(6081, bytes.fromhex("0240655800002a000102000100000000") + INNER), 17)),
    ethernet(ipv4(udp(2152, bytes.fromhex("30ff002c00000001") + ipv4(tcp(b"0200"))), 17)),
    ethernet(ipv4(ipv4(ipv4(ipv4(ipv4(ipv4(tcp(b"deep")), 4), 4), 4), 4), 4)),
    ethernet(ipv6(ipv6(tcp(b"0200")), 41), 0x86DD),
]


def fragments(body, cuts, protocol=6, shift=0):
    """IPv4 packets that carry the body in pieces; `shift` moves the later ones to the front."""
    ends = list(cuts) + [len(body)]
    return [ethernet(ipv4(body[start:end], protocol, max(0, start - shift) // 8 | (end < len(body)) << 13))
            for start, end in zip([0] + ends, ends)]


def fragments6(body, cut):
    def piece(start, end):
        place = start | (end < len(body))
        return ethernet(ipv6(struct.pack(">BBHI", 6, 0, place, 9) + body[start:end], 44), 0x86DD)
    return [piece(cut, len(body)), piece(0, cut)]


WRAPPED = struct.pack(">HH", 0, 0x6558) + ethernet(ipv4(tcp(b"in a tunnel that was cut in pieces")))
PIECES = (fragments(tcp(b"0200 in pieces"), [8, 24]) + fragments(WRAPPED, [40, 64], 47)[::-1]
          + fragments6(tcp(b"0800 in pieces"), 16))
TWICE = [frame for frame in fragments(tcp(b"0200 twice"), [16]) for _ in range(2)]
OVERLAPPING = fragments(tcp(b"0200 overlapping"), [16, 24], shift=8)


def pcap(frames, order="<", magic=0xA1B2C3D4, link_type=ETHERNET, apart_s=1):
    out = struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, 262144, link_type)
    for i, frame in enumerate(frames):
        out += struct.pack(order + "IIII", START_S + i * apart_s, i, len(frame), len(frame)) + frame
    return out


def block(order, kind, body):
    body += b"\0" * (-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def section(order="<"):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order="<", link_type=ETHERNET, unit=None, offset_s=0):
    options = b""
    if unit is not None:
        options += struct.pack(order + "HHB3x", 9, 1, unit)
    if offset_s:
        options += struct.pack(order + "HHq", 14, 8, offset_s)
    return block(order, 1, struct.pack(order + "HHI", link_type, 0, 0) + options + b"\0\0\0\0")


def enhanced(frame, units, order="<", number=0, kind=6):
    start = struct.pack(order + "I", number) if kind == 6 else struct.pack(order + "HH", number, 0)
    return block(order, kind, start + struct.pack(
        order + "IIII", units >> 32, units & 0xFFFFFFFF, len(frame), len(frame)) + frame)


def simple(frame, order="<"):
    return block(order, 3, struct.pack(order + "I", len(frame)) + frame)


def pcapng(frames, order="<", kind=6, unit=9):
    out = section(order) + interface(order, unit=unit)
    for i, frame in enumerate(frames):
        out += enhanced(frame, START_S * 10**9 + i, order, kind=kind)
    return out


def patched(data, at, value):
    return data[:at] + bytes([value]) + data[at + 1:]


cooked = struct.pack(">HHH8sH", 0, 1, 6, b"\2\0\0\0\0\1", 0x0800)
cooked2 = struct.pack(">HHIHBB8s", 0x0800, 0, 2, 1, 0, 6, b"\2\0\0\0\0\1")
FILES = {
    "us.pcap": pcap(FRAMES),
    "ns-big-endian.pcap": pcap(FRAMES, ">", 0xA1B23C4D),
    "cooked.pcap": pcap([cooked + ipv4(tcp(b"0200"))], link_type=COOKED),
    "cooked2.pcap": pcap([cooked2 + ipv4(tcp(b"0200"))], link_type=COOKED2),
    "raw.pcap": pcap([ipv4(tcp(b"0200")), ipv6(tcp(b"0210")), b"\0"], link_type=RAW_IP),
    "unknown-link.pcap": pcap(FRAMES[:2], link_type=147),
    "cut.pcap": pcap(FRAMES[:3])[:-7],
    "record-too-long.pcap": patched(pcap(FRAMES[:3]), 24 + 11, 0x7F),
    "kuznetsov.pcap": struct.pack("<IHHIIII", 0xA1B2CD34, 2, 4, 0, 0, 65535, 1) + struct.pack(
        "<IIIIIHBB", START_S, 1, len(FRAMES[0]), len(FRAMES[0]), 1, 8, 0, 0) + FRAMES[0],
    "ns.pcapng": pcapng(FRAMES),
    "us-big-endian.pcapng": pcapng(FRAMES, ">", unit=6),
    "packet-blocks.pcapng": pcapng(FRAMES[:4], kind=2),
    "binary-unit.pcapng": section() + interface(unit=0x80 | 33, offset_s=-3600) + enhanced(
        FRAMES[0], START_S << 33),
    "simple.pcapng": section() + interface() + simple(FRAMES[0]) + simple(FRAMES[3]),
    "interfaces-and-sections.pcapng": section() + interface() + interface(link_type=RAW_IP, unit=3)
    + enhanced(FRAMES[1], START_S * 10**6) + enhanced(ipv4(tcp(b"0200")), START_S * 1000, number=1)
    + block("<", 4, b"\0" * 8) + section(">") + interface(">", unit=6)
    + enhanced(FRAMES[2], START_S * 10**6 + 5, ">"),
    "no-interface.pcapng": section() + enhanced(FRAMES[0], 1),
    "lengths-differ.pcapng": pcapng(FRAMES[:2])[:-4] + b"\x10\0\0\0",
    "cut.pcapng": pcapng(FRAMES[:3])[:-9],
    "skipped-beyond-the-end.pcapng": section() + struct.pack("<II", 0x0BAD, 0xFFFFFFF0) + b"\0" * 8,
    "tunnels.pcap": pcap(TUNNELS),
    "overlays.pcap": pcap(OVERLAYS),
    "tunnels-cut.pcap": pcap([frame[:-len(frame) // 2] for frame in TUNNELS + OVERLAYS]),
    "fragments.pcap": pcap(PIECES, apart_s=0),
    "fragments-twice.pcap": pcap(TWICE + OVERLAPPING, apart_s=0),
    "not-a-capture": b"0200 is the start of a message, not of a capture",
}

CORPUS.mkdir(exist_ok=True)
for name, content in FILES.items():
    assert len(content) < 2048, name
    (CORPUS / name).write_bytes(content)
