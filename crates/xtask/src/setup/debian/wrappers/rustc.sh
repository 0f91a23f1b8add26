#!/bin/sh
# @PROGRAM@ of Debian on the libraries of this folder, wherever the folder is.
root=$(readlink -f "$0")
root=${root%/bin/*}
# Crates that choose their code by nightly date take a stable version for one without rustc-dev.
# Cargo asks with -vV and gets the true answer.
if [ "$*" = --version ] || [ "$*" = -V ]; then
    echo "@PROGRAM@ @VERSION@"
    exit 0
fi
LD_LIBRARY_PATH="$root/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" RUSTC_BOOTSTRAP=1 \
    exec "$root/libexec/@PROGRAM@" "$@"
