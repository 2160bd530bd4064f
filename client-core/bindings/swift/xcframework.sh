#!/usr/bin/env bash
# Makes build/HattamaFFI.xcframework, which Package.swift names: static libraries for iPhone, for the
# simulator on both kinds of Mac, and for the Mac, each with the generated header. Needs macOS and Xcode.
set -euo pipefail
cd "$(dirname "$0")/../../.."

if [ "$(uname -s)" != Darwin ]; then
    echo "an XCFramework can only be made on macOS with Xcode; this is $(uname -s)" >&2
    exit 1
fi
missing=
command -v xcodebuild >/dev/null || missing="$missing xcodebuild"
command -v lipo >/dev/null || missing="$missing lipo"
if [ -n "$missing" ]; then
    echo "not here:$missing. Install Xcode, then: sudo xcode-select --switch /Applications/Xcode.app" >&2
    exit 1
fi
iphone=aarch64-apple-ios
simulators=(aarch64-apple-ios-sim x86_64-apple-ios)
macs=(aarch64-apple-darwin x86_64-apple-darwin)
installed=$(rustup target list --installed)
for triple in "$iphone" "${simulators[@]}" "${macs[@]}"; do
    grep -qx "$triple" <<<"$installed" || missing="$missing $triple"
done
if [ -n "$missing" ]; then
    echo "Rust cannot build for these yet. Type: rustup target add$missing" >&2
    exit 1
fi

# As in Package.swift; read by rustc and by the compilers of C.
export IPHONEOS_DEPLOYMENT_TARGET=15.0 MACOSX_DEPLOYMENT_TARGET=12.0
# shellcheck source=client-core/bindings/flags.sh
. client-core/bindings/flags.sh
target=${CARGO_TARGET_DIR:-target}
features=$(client-core/bindings/features.sh)
library=libhattama_client_core.a
build=client-core/bindings/swift/build
rm -rf "$build"
mkdir -p "$build/simulator" "$build/mac" "$build/headers"
for triple in "$iphone" "${simulators[@]}" "${macs[@]}"; do
    cargo rustc --profile phone --package hattama-client-core --lib --crate-type staticlib \
        --no-default-features --features "$features" --target "$triple"
done

# One file for each platform: an XCFramework refuses two libraries for the same one.
together() {
    local made=$1 triple
    local parts=()
    shift
    for triple in "$@"; do
        parts+=("$target/$triple/phone/$library")
    done
    lipo -create "${parts[@]}" -output "$made"
}
together "$build/simulator/$library" "${simulators[@]}"
together "$build/mac/$library" "${macs[@]}"
cp client-core/bindings/swift/Sources/HattamaFFI/* "$build/headers/"

xcodebuild -create-xcframework \
    -library "$target/$iphone/phone/$library" -headers "$build/headers" \
    -library "$build/simulator/$library" -headers "$build/headers" \
    -library "$build/mac/$library" -headers "$build/headers" \
    -output "$build/HattamaFFI.xcframework"
rm -rf "$build/simulator" "$build/mac" "$build/headers"
echo "$build/HattamaFFI.xcframework"
