#!/bin/sh
# Lints a cargo project with the lints of async-patterns, in any CI. `--help` tells the rest.
set -eu

usage() {
    cat <<'TEXT'
Usage: lint.sh [OPTIONS] [-- CARGO ARGUMENTS]

Lints a cargo project: builds the tool, obtains the lints' compiler (both once, see --print-keys),
makes sure that the lints find what they must find, then lints.

  --path DIR           the project, a folder with a Cargo.toml [default: .]
  --only LINTS         only these lints or sets (correctness, strict), comma separated
  --skip LINTS         not these lints or sets
  --baseline FILE      known findings, relative to DIR; only others fail. A file that is not there
                       is an error: write it once with --write-baseline
  --write-baseline     write the findings into the file of --baseline
  --fail true|false    exit with 1 when there are findings that no baseline holds [default: true]
  --sarif FILE         write SARIF 2.1.0, too
  --json FILE          write the JSON of docs/lint-output.md, too
  --route ROUTE        where the compiler comes from: auto, rustup or debian [default: auto]
  --repository URL     where the tool comes from when this script stands alone
  --ref REF            which branch or tag of it [default: main]
  --print-keys         print the keys of the two caches, `tool=` and `project=`, and the folders that
                       go into them, `tool-cache=`, `tool-build=`, `tool-compiler=` (a pattern) and
                       `project-target=`, and do nothing else
  --help               this

An option with an empty value counts as one that is not given. CARGO ARGUMENTS are for `cargo
check`, for example `--features NAME`. On GitHub Actions findings are shown in the changed files.

Exit status: 0 linted, 1 linted with findings that fail, 2 not linted.

Environment: ASYNC_PATTERNS_CACHE (folder of compiler, driver and lints), ASYNC_PATTERNS_XTASK
(a built `xtask` of this version, instead of building one).
TEXT
}

fail() {
    printf 'error: %s\n' "$1" >&2
    exit 2
}

# A group of lines that GitHub folds; elsewhere a headline.
group() {
    if [ "${GITHUB_ACTIONS:-}" = true ]; then
        printf '::group::%s\n' "$1"
    else
        printf '== %s\n' "$1" >&2
    fi
}

end_group() {
    if [ "${GITHUB_ACTIONS:-}" = true ]; then
        printf '::endgroup::\n'
    fi
}

absolute() {
    case $1 in
        /* | [A-Za-z]:*) printf '%s\n' "$1" ;;
        *) printf '%s/%s\n' "$PWD" "$1" ;;
    esac
}

need() {
    command -v "$1" >/dev/null 2>&1 || fail "\`$1\` was not found on the PATH; $2"
}

# Where to write a file: given relative to the current folder, which must have the folder it is in.
output_file() {
    file=$(absolute "$2")
    [ -d "$(dirname "$file")" ] ||
        fail "$1: the folder of \`$2\` does not exist; create it first"
    printf '%s\n' "$file"
}

path=. only='' skip='' baseline='' write_baseline=false fail_on_findings=true sarif='' json=''
route=auto print_keys=false
repository=https://github.com/async-patterns/async-patterns ref=main

while [ $# -gt 0 ]; do
    option=$1
    shift
    case $option in
        --help)
            usage
            exit 0
            ;;
        --write-baseline) write_baseline=true ;;
        --print-keys) print_keys=true ;;
        --)
            break
            ;;
        --path | --only | --skip | --baseline | --fail | --sarif | --json | --route | --repository | --ref)
            [ $# -gt 0 ] || fail "\`$option\` needs a value; see --help"
            value=$1
            shift
            [ -n "$value" ] || continue
            case $option in
                --path) path=$value ;;
                --only) only=$value ;;
                --skip) skip=$value ;;
                --baseline) baseline=$value ;;
                --fail) fail_on_findings=$value ;;
                --sarif) sarif=$value ;;
                --json) json=$value ;;
                --route) route=$value ;;
                --repository) repository=$value ;;
                --ref) ref=$value ;;
            esac
            ;;
        *) fail "there is no option \`$option\`; see --help, and put cargo's arguments after \`--\`" ;;
    esac
done

[ -f "$path/Cargo.toml" ] ||
    fail "--path: \`$path\` has no Cargo.toml; give the folder of a cargo project"
path=$(CDPATH='' cd -- "$path" && pwd)
case $fail_on_findings in
    true | false) ;;
    *) fail "--fail is \`$fail_on_findings\`; write true or false" ;;
esac
case $route in
    auto | rustup | debian) ;;
    *) fail "--route is \`$route\`; write auto, rustup or debian" ;;
esac
if [ -n "$baseline" ]; then
    case $baseline in
        /* | [A-Za-z]:*) ;;
        *) baseline=$path/$baseline ;;
    esac
    if [ "$write_baseline" = false ] && [ ! -f "$baseline" ]; then
        fail "--baseline: there is no file \`$baseline\`; write it once with --write-baseline"
    fi
elif [ "$write_baseline" = true ]; then
    fail "--write-baseline needs --baseline with the file to write"
fi
[ -z "$sarif" ] || sarif=$(output_file --sarif "$sarif")
[ -z "$json" ] || json=$(output_file --json "$json")

need cargo "install Rust from https://rustup.rs"
need rustup "install it from https://rustup.rs"

caches=${XDG_CACHE_HOME:-${HOME:?error: HOME is not set; set it or ASYNC_PATTERNS_CACHE and XDG_CACHE_HOME}/.cache}
cache=${ASYNC_PATTERNS_CACHE:-$caches/async-patterns}

# The checkout that this script is part of; when it stands alone, one of its own.
tool=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
if [ ! -f "$tool/traps.toml" ] || [ ! -f "$tool/lints/Cargo.toml" ]; then
    need git "install git"
    tool=$caches/async-patterns-checkout/$(printf %s "$ref" | tr '/' '-')
    group "async-patterns $ref"
    if [ -d "$tool/.git" ]; then
        git -C "$tool" fetch --quiet --depth 1 -- "$repository" "$ref" ||
            fail "\`$ref\` of $repository could not be fetched; check --repository and --ref"
        git -C "$tool" checkout --quiet --detach FETCH_HEAD ||
            fail "\`$tool\` could not be brought to \`$ref\`; remove that folder"
    else
        git clone --quiet --depth 1 --branch "$ref" -- "$repository" "$tool" ||
            fail "\`$ref\` of $repository could not be cloned; check --repository and --ref"
    fi
    end_group
fi

if [ "$print_keys" = true ]; then
    if command -v sha256sum >/dev/null 2>&1; then
        digest() { sha256sum | cut -c 1-16; }
    else
        need shasum "install coreutils"
        digest() { shasum -a 256 | cut -c 1-16; }
    fi
    system=$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m)
    # All that decides what setup makes: the lints, their pins, and how it is made.
    tool_hash=$(
        cd "$tool"
        find Cargo.lock crates/xtask/Cargo.toml crates/xtask/src lints -type f \
            ! -path 'lints/target/*' ! -path 'lints/ui/*' ! -path 'lints/tests/*' |
            LC_ALL=C sort | while read -r file; do cat "$file"; done | digest
    )
    project_hash=$(
        cd "$path"
        for file in Cargo.lock dylint.toml rust-toolchain.toml .cargo/config.toml; do
            [ ! -f "$file" ] || cat "$file"
        done | digest
    )
    channel=$(sed -n 's/^channel *= *"\(.*\)"/\1/p' "$tool/lints/rust-toolchain.toml")
    printf 'tool=async-patterns-tool-%s-%s\n' "$system" "$tool_hash"
    printf 'tool-cache=%s\n' "$cache"
    printf 'tool-build=%s\n' "$caches/async-patterns-xtask"
    printf 'tool-compiler=%s\n' "${RUSTUP_HOME:-$HOME/.rustup}/toolchains/$channel-*"
    printf 'project=async-patterns-project-%s-%s-%s\n' "$system" "$tool_hash" "$project_hash"
    printf 'project-target=%s\n' "${CARGO_TARGET_DIR:-$path/target}/dylint"
    exit 0
fi

# The tool is built as this checkout means it, whatever the project's variables say.
xtask=${ASYNC_PATTERNS_XTASK:-}
if [ -z "$xtask" ]; then
    group 'building the tool'
    xtask_target=$caches/async-patterns-xtask
    (
        unset RUSTFLAGS RUSTDOCFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET RUSTUP_TOOLCHAIN \
            RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER
        cd "$tool" && CARGO_TARGET_DIR=$xtask_target cargo build --quiet --locked --package xtask
    ) || fail "the tool could not be built; see cargo's messages above"
    end_group
    xtask=$xtask_target/debug/xtask
fi
[ -x "$xtask" ] || fail "\`$xtask\` is no program; build it with \`cargo build --package xtask\`"

# It looks for its checkout from here upward.
export CARGO_MANIFEST_DIR="$tool"

group 'obtaining the compiler, the driver and the lints'
"$xtask" setup --route "$route" || fail "the lints' compiler could not be set up; see above"
end_group

# A run in which no lint works ends like a clean one, so first a project that has something to find.
group 'making sure that the lints find what they must find'
CARGO_TARGET_DIR=$cache-smoke "$xtask" lint "$tool/ci/smoke" --only std_guard_across_await \
    --expect "$tool/ci/smoke/expected.toml" >/dev/null ||
    fail "the lints do not find what is wrong in $tool/ci/smoke, so no finding elsewhere would mean \
nothing; remove \`$cache\` and run this again"
end_group

# What is after `--` is cargo's; ours go in front of it.
set -- -- "$@"
[ -z "$json" ] || set -- --also "json=$json" "$@"
[ -z "$sarif" ] || set -- --also "sarif=$sarif" "$@"
if [ -n "$baseline" ]; then
    set -- --baseline "$baseline" "$@"
    [ "$write_baseline" = false ] || set -- --write-baseline "$@"
else
    [ "$fail_on_findings" = false ] || set -- --deny "$@"
fi
[ -z "$skip" ] || set -- --skip "$skip" "$@"
[ -z "$only" ] || set -- --only "$only" "$@"
if [ "${GITHUB_ACTIONS:-}" = true ]; then
    set -- --format github "$@"
fi

status=0
"$xtask" lint "$path" "$@" || status=$?
if [ "$status" -eq 1 ] && [ "$fail_on_findings" = false ]; then
    status=0
fi
# A crash of the tool is no finding.
[ "$status" -le 2 ] || fail "the tool ended with status $status, which is a bug of ours"
exit "$status"
