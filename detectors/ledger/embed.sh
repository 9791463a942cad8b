#!/bin/sh
# Prints a text file as C string literals, one a line.
set -eu
sed -e 's/["\\]/\\&/g' -e 's/^/"/' -e 's/$/\\n"/' "$1"
