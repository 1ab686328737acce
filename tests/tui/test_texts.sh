#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# README.md and the manual page say what the program's tables say; an installed skewtop finds its parts (TAP).
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:=build}"
n=0 bad=0
place=$(mktemp -d) || exit 1
trap 'rm -rf "$place"' EXIT

check() { # description, command...: ok if it succeeds; its output is shown if not
	local what=$1 said
	n=$((n + 1))
	shift
	if said=$("$@" 2>&1); then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		echo "$said" | sed 's/^/# /'
		bad=1
	fi
}

readme_is_filled() {
	"$BUILD/fill-tables" <README.md | diff README.md - || {
		echo "make readme puts it right"
		return 1
	}
}

readme_has_blocks() { # a README without its marks would be equal too
	[ "$(grep -cE '^<!-- (keys|options) -->$' README.md)" = 2 ]
}

readme_has_help() { # the help text, whole, in one piece
	COLUMNS=80 "$BUILD/skewtop" --help >"$place/help" && python3 -c '
import sys
readme, text = (open(name).read() for name in sys.argv[1:])
sys.exit(text not in readme)' README.md "$place/help"
}

# Every key of what a replay writes stands in the section about JSON, and no example has one that is written
# nowhere.
json_keys_are_told() {
	python3 - "$BUILD/skewtop" <<'E2'
import glob, json, re, subprocess, sys
recording = "tests/tui/recordings/edge-2.pcapng.gz"
lines = subprocess.run([sys.argv[1], "--json", "--details", "skbs", "--replay", recording], capture_output=True, check=True)
keys = set()

def walk(value):
    for key, inner in value.items() if isinstance(value, dict) else ():
        if not key.isdigit():  # a CPU
            keys.add(key)
        walk(inner)
    for inner in value if isinstance(value, list) else ():
        walk(inner)

for line in lines.stdout.splitlines():
    walk(json.loads(line))
section = re.search(r"^## JSON$(.*?)^## ", open("README.md").read(), re.S | re.M).group(1)
shown = set()
for example in re.findall(r"```json\n(.*?)```", section, re.S):
    keys_before = set(keys)
    walk(json.loads(example))
    shown |= keys - keys_before
sources = "".join(open(path).read() for path in glob.glob("core/output/json_*.c") + ["core/model/ledger.c", "core/model/catalog.c"])
shown = {key for key in shown if f'"{key}"' not in sources}
print("not told of:", *sorted(key for key in keys if not re.search(rf"[`\"]{key}[`\"]", section)))
print("only shown:", *sorted(shown))
told = all(re.search(rf"[`\"]{key}[`\"]", section) for key in keys)
sys.exit(not (told and len(keys) > 40 and not shown))
E2
}

links_lead_somewhere() {
	python3 - <<'E2'
import os, re, sys
text = open("README.md").read()
heads = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", text, flags=re.S), flags=re.M)
anchors = {re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-") for head in heads}
lost = [link for link in re.findall(r"\]\(([^)\s]+)\)", text)
        if not (link[1:] in anchors if link.startswith("#") else "://" in link or os.path.exists(link))]
print("\n".join(lost))
sys.exit(bool(lost))
E2
}

manual_has_options() {
	local option missing=
	for option in $("$BUILD/skewtop" --help | grep -oE -- '^ +(-[a-zA-Z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
		grep -qF -- "${option//-/\\-}" "$BUILD/skewtop.8" || missing="$missing $option"
	done
	echo "missing:$missing"
	[ -z "$missing" ]
}

manual_has_keys() {
	grep -q '^\.B ? h F1$' "$BUILD/skewtop.8" && grep -q '^quit = Q F10 ^C$' "$BUILD/skewtop.8" &&
		grep -q '^\.TH SKEWTOP 8 "" "skewtop [0-9]' "$BUILD/skewtop.8"
}

installed() { # words for make
	# The make that runs this test must not hand its options down.
	env -u MAKEFLAGS -u MFLAGS make BUILD="$BUILD" PREFIX=/opt/there DESTDIR="$place/root" "$@" >/dev/null
}

theme_is_found() { # without a terminal it ends at the next check, after the theme's
	local root=$place/root/opt/there
	"$root/bin/skewtop" --replay tests/tui/recordings/edge-2.pcapng.gz --theme "$1" </dev/null 2>&1 |
		grep -q "are no terminal"
}

theme_is_missed_without_file() {
	rm "$place/root/opt/there/share/skewtop/themes/harbour.theme" && ! theme_is_found harbour
}

nothing_is_left() {
	[ -z "$(find "$place/root" ! -type d)" ]
}

check "README.md has the program's keys and options" readme_is_filled
check "README.md has both blocks" readme_has_blocks
check "README.md has the text of --help" readme_has_help
check "README.md tells every key of the JSON, and none that there is not" json_keys_are_told
check "links in README.md lead somewhere" links_lead_somewhere
check "the manual page has every option" manual_has_options
check "the manual page has keys, actions and the version" manual_has_keys
check "make install" installed install
check "the manual page is installed" test -s "$place/root/opt/there/share/man/man8/skewtop.8"
check "an installed skewtop finds its themes" theme_is_found harbour
check "and nowhere else" theme_is_missed_without_file
check "make uninstall" installed uninstall
check "leaves nothing behind" nothing_is_left
echo "1..$n"
exit $bad
