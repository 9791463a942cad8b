#!/usr/bin/env python3
"""Usage: check_pages.py PRINT_PAGES TEMPLATES

Web page and OpenDocument text of a report: every line of the text is in both, in its order, under its style; the
archive is as ISO/IEC 26300 wants it, member by member; the same text gives the same bytes; a hostile value stays text.
With LibreOffice installed, it opens the file and gives the same lines back.
"""

import html.parser
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree
import zipfile

TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
MANIFEST = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"
MIMETYPE = b"application/vnd.oasis.opendocument.text"
HOSTILE = """────
【机器草稿，须人工核实】
网络安全事件事发报告

草稿编号：x/O2/1
一、报告内容（第十九条第一款）
   1. 报告人：<script>alert("1")</script> & ]]> \x0b\x1b[2J</text:p>
      一、不是标题
值班要点
二、影响
  │10:00│98.52% & up│██│
  │10:01│未观测││
      │什么│都不是│
────
"""
EXPECTED = [("Rule", ""), ("Banner", "【机器草稿，须人工核实】"), ("Title", "网络安全事件事发报告"),
            ("Text0", "草稿编号：x/O2/1"), ("Heading", "一、报告内容（第十九条第一款）"),
            ("Text2", '1. 报告人：<script>alert("1")</script> & ]]>   [2J</text:p>'), ("Text6", "一、不是标题"),
            ("Heading", "值班要点"), ("Heading", "二、影响"), ("Text0", "10:00"), ("Text0", "98.52% & up"),
            ("Text0", "██"), ("Text0", "10:01"), ("Text0", "未观测"), ("Text0", ""), ("Text6", "│什么│都不是│"), ("Rule", "")]


def expect(what, good):
    if not good:
        sys.exit(f"check_pages: {what}")


def made(program, text, path):
    done = subprocess.run([program, path], input=text.encode(), stdout=subprocess.PIPE, check=True)
    return done.stdout.decode(), path.read_bytes()


def archive_check(archive, raw):
    names = archive.namelist()
    expect("a member is damaged", archive.testzip() is None)
    expect("mimetype is not the first member", names[0] == "mimetype")
    expect("mimetype is packed", archive.infolist()[0].compress_type == zipfile.ZIP_STORED)
    name_length, extra_length = struct.unpack("<HH", raw[26:30])
    expect("mimetype has an extra field", (name_length, extra_length) == (8, 0))
    expect("no kind at byte 38", raw[38:38 + len(MIMETYPE)] == MIMETYPE)
    listed = {entry.get(MANIFEST + "full-path")
              for entry in tree.fromstring(archive.read("META-INF/manifest.xml"))}
    expect("the manifest lists other members", listed == {"/", *names} - {"mimetype", "META-INF/manifest.xml"})


def paragraphs(archive):
    styles = {style.get(STYLE + "name") for style in tree.fromstring(archive.read("styles.xml")).iter(STYLE + "style")}
    for element in tree.fromstring(archive.read("content.xml")).iter():
        if element.tag in (TEXT + "p", TEXT + "h"):
            name = element.get(TEXT + "style-name")
            expect(f"no style {name}", name in styles)
            yield name, "".join(element.itertext())


class Lines(html.parser.HTMLParser):
    """The lines of the body, and the elements that were used."""

    def __init__(self):
        super().__init__()
        self.found, self.tags, self.body, self.cell = [], set(), False, False

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.body |= tag == "body"
        self.cell = tag == "td"
        if self.body and tag == "hr":
            self.found.append("")

    def handle_data(self, data):
        if self.body and data.strip("\n"):
            self.found.append(data)
            self.cell = False

    def handle_endtag(self, tag):
        if tag == "td" and self.cell:
            self.found.append("")


def page_check(page, lines):
    parser = Lines()
    parser.feed(page)
    expect("the page has other lines", parser.found == lines)
    expect(f"the page has {parser.tags}",
           parser.tags <= {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "hr", "table", "tr", "td"})


def office_check(path, lines):
    office = shutil.which("soffice")
    if office is None:
        return
    folder = path.parent / "office"
    subprocess.run([office, f"-env:UserInstallation=file://{folder}", "--headless", "--convert-to", "txt:Text (encoded):UTF8",
                    "--outdir", folder, path], check=True, stdout=subprocess.DEVNULL, timeout=120)
    text = (folder / path.with_suffix(".txt").name).read_text(encoding="utf-8-sig")
    expect("LibreOffice reads other lines", [line for line in text.splitlines() if line] == [line for line in lines if line])


def form_check(program, folder, name, text):
    page, raw = made(program, text, folder / f"{name}.odt")
    _, again = made(program, text, folder / f"{name}-2.odt")
    expect("the same text gives other bytes", raw == again)
    with zipfile.ZipFile(folder / f"{name}.odt") as archive:
        archive_check(archive, raw)
        found = list(paragraphs(archive))
    page_check(page, [line for _, line in found])
    office_check(folder / f"{name}.odt", [line for _, line in found])
    return found


def main():
    program, templates = sys.argv[1], pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        found = form_check(program, folder, "hostile", HOSTILE)
        expect(f"a hostile text is {found}", found == EXPECTED)
        there = subprocess.run([program, folder / "hostile.odt"], input=b"", stderr=subprocess.PIPE)
        expect("a file was written over", there.returncode == 1 and b"is there already" in there.stderr)
        for path in sorted(templates.glob("*.txt")):
            text = "".join(line for line in path.read_text(encoding="utf-8").splitlines(True) if not line.startswith("{{"))
            lines = [line.strip(" ") for line in text.splitlines() if line.strip(" ")]
            found = form_check(program, folder, path.stem, text)
            expect(f"{path.name}: other lines",
                   [line for _, line in found] == ["" if line.startswith("──") else line for line in lines])
            expect(f"{path.name}: one title", [name for name, _ in found].count("Title") == 1)


main()
