#!/usr/bin/env bash
# The features that phones are built with, as cargo takes them: the interface, and whatever of
# encryption at rest this version of the core has.
set -euo pipefail
cd "$(dirname "$0")/../.."

features=ffi
for feature in sqlcipher-vendored wipe-memory; do
    if grep -q "^$feature = " client-core/Cargo.toml; then
        features=$features,$feature
    fi
done
echo "$features"
