#!/bin/sh
# The cargo that was there when this folder was made. Build scripts see a nightly compiler (see
# rustc beside this file) and may ask for nightly features, so every compiler it starts must allow
# them, the driver of the lints too.
root=$(readlink -f "$0")
root=${root%/bin/*}
RUSTC_BOOTSTRAP=1 exec "$root/libexec/cargo" "$@"
