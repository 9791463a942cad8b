"""What the lints share: the files of a source tree, C without comments, and how a lint ends."""
import os
import re
import sys

SKIPPED = re.compile(r"^(\..*|build.*|out|__pycache__|corpus)$")


def files(root, *suffixes):
    """Paths from the root, sorted, of the files with one of the suffixes (all without)."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not SKIPPED.match(name))
        for name in names:
            if not suffixes or name.endswith(suffixes):
                found.append(os.path.relpath(os.path.join(folder, name), root))
    return sorted(found)


def text(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def shebang(root, path):
    with open(os.path.join(root, path), "rb") as file:
        line = file.readline(200)
    return line.decode("ascii", "replace") if line.startswith(b"#!") else ""


TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def comments(source):
    """(line, comment) of every comment of a C source."""
    for token in TOKEN.finditer(source):
        if token[0].startswith(("//", "/*")):
            yield source.count("\n", 0, token.start()) + 1, token[0]


def without_comments(source):
    """The source with each comment blanked, lines kept."""
    def blank(token):
        return re.sub(r"[^\n]", " ", token[0]) if token[0][0] == "/" else token[0]
    return TOKEN.sub(blank, source)


def includes(source):
    """(line, name, quoted) of every include."""
    pattern = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)
    bare = without_comments(source)
    for match in pattern.finditer(bare):
        yield bare.count("\n", 0, match.start()) + 1, match[2], match[1] == '"'


def exceptions(root, path):
    """{name: reason} of a file with lines "name: reason" and comments behind #."""
    if not os.path.isfile(os.path.join(root, path)):
        return {}
    rows = [line.partition(":") for line in text(root, path).split("\n")
            if line.strip() and not line.startswith("#")]
    return {name.strip(): reason.strip() for name, _, reason in rows}


def root_argument():
    if len(sys.argv) != 2 or not os.path.isdir(sys.argv[1]):
        sys.exit("usage: %s SOURCE_FOLDER" % os.path.basename(sys.argv[0]))
    return sys.argv[1]


def end(sentences):
    """One sentence per violation; the exit status says whether there were any."""
    for sentence in sentences:
        print(sentence)
    sys.exit(1 if sentences else 0)
