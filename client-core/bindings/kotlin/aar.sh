#!/usr/bin/env bash
# Makes the notebook for Android: target/aar/notebook-0.1.0.aar with native libraries for four processors, and
# the generated sources beside it. Needs the NDK, cargo-ndk and Rust's targets, and says what is missing.
#
#     aar.sh            the AAR
#     aar.sh --check    what can be tried without the NDK: an AAR with this machine's library, its
#                       layout, its pages, and the rules for R8
set -euo pipefail
cd "$(dirname "$0")/../../.."

here=client-core/bindings/kotlin
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
aar=$target/aar/notebook-0.1.0.aar
name=libhattama_client_core.so
features=$(client-core/bindings/features.sh)
# As in android/AndroidManifest.xml.
api=26
# Folder of the AAR, Rust's target.
abis="arm64-v8a aarch64-linux-android
armeabi-v7a armv7-linux-androideabi
x86 i686-linux-android
x86_64 x86_64-linux-android"
# Devices with 16 KiB pages do not load a 64-bit library that is aligned to less. NDK r28 does this by
# itself; saying it does no harm.
pages=(-C "link-arg=-Wl,-z,max-page-size=16384")

wrong() {
    echo "aar: $*" >&2
    exit 1
}

# What is not here, and how to get it.
tools() {
    local abi triple installed missing=
    command -v mvn >/dev/null || missing+=$'\n'"  Maven: apt-get install maven"
    command -v jar >/dev/null || missing+=$'\n'"  a JDK: apt-get install default-jdk-headless"
    command -v readelf >/dev/null || missing+=$'\n'"  readelf: apt-get install binutils"
    if [ "$1" = ndk ]; then
        cargo ndk --version >/dev/null 2>&1 ||
            missing+=$'\n'"  cargo-ndk: cargo install --locked cargo-ndk"
        [ -d "${ANDROID_NDK_HOME:-/nowhere}" ] || missing+=$'\n'"  the Android NDK, r28 or later, \
named in ANDROID_NDK_HOME: sdkmanager 'ndk;28.2.13676358', or developer.android.com/ndk/downloads"
        installed=$(rustup target list --installed 2>/dev/null || true)
        while read -r abi triple; do
            grep -qx "$triple" <<<"$installed" ||
                missing+=$'\n'"  Rust for $abi: rustup target add $triple"
        done <<<"$abis"
    fi
    [ -z "$missing" ] || wrong "this is missing here:$missing"
}

# Every segment that is loaded has to be aligned to 16 KiB or more.
aligned() {
    local library=$1 alignment loads=0
    while read -r alignment; do
        loads=$((loads + 1))
        [ $((alignment)) -ge 16384 ] || return 1
    done < <(readelf --program-headers --wide "$library" | awk '$1 == "LOAD" { print $NF }')
    [ "$loads" -gt 0 ]
}

machine() {
    readelf --file-header "$1" | sed -n 's/^ *Machine: *//p'
}

# Puts together what an AAR has: $1 is a folder with jni/ABI/library in it.
assemble() {
    local stage=$1
    mvn --batch-mode --quiet --file "$here/pom.xml" package -Dmaven.test.skip=true
    cp "$here/target/notebook-0.1.0.jar" "$stage/classes.jar"
    cp "$here/android/AndroidManifest.xml" "$stage/AndroidManifest.xml"
    cp "$here/android/consumer-rules.pro" "$stage/proguard.txt"
    # No resources: an empty file says so.
    : >"$stage/R.txt"
    mkdir -p "$stage/META-INF/com/android/build/gradle"
    cp "$here/android/aar-metadata.properties" "$stage/META-INF/com/android/build/gradle/"
    mkdir -p "$(dirname "$aar")"
    rm -f "$aar"
    # The same bytes for the same input: no file has the time of its making.
    jar --create --file "$aar" --no-manifest --date 1980-01-01T00:00:02Z -C "$stage" .
    cp "$here/target/notebook-0.1.0-sources.jar" "$(dirname "$aar")/"
}

# The AAR has what Android's build tools look for, a library for each of these ABIs, and nothing else.
verify() {
    local abi expected found library classes
    expected=$(printf '%s\n' AndroidManifest.xml classes.jar proguard.txt R.txt \
        META-INF/com/android/build/gradle/aar-metadata.properties
        for abi in "$@"; do echo "jni/$abi/$name"; done)
    found=$(jar --list --file "$aar" | grep -v '/$')
    diff <(sort <<<"$expected") <(sort <<<"$found") >&2 || wrong "the AAR has other files than it should"
    rm -rf "$scratch/aar"
    mkdir "$scratch/aar"
    (cd "$scratch/aar" && jar --extract --file "$aar")

    for abi in "$@"; do
        library=$scratch/aar/jni/$abi/$name
        case $abi:$(machine "$library") in
            arm64-v8a:AArch64 | armeabi-v7a:ARM | x86:"Intel 80386") ;;
            x86_64:"Advanced Micro Devices X86-64") ;;
            *) wrong "jni/$abi has a library for $(machine "$library")" ;;
        esac
        # Not grep -q: it leaves before nm has said all, and a broken pipe would count as a missing name.
        nm --dynamic --defined-only "$library" |
            grep ' ffi_hattama_client_core_uniffi_contract_version$' >"$scratch/contract" ||
            wrong "jni/$abi has a library without the interface for apps"
        case $abi in
            arm64-v8a | x86_64)
                aligned "$library" || wrong "jni/$abi: not aligned to pages of 16 KiB"
                ;;
        esac
    done

    classes=$(jar --list --file "$scratch/aar/classes.jar")
    grep -qx org/hattama/notebook/Notebook.class <<<"$classes" || wrong "classes.jar has no Notebook"
    # Whatever the rules name has to be there: ours among the classes, JNA's where ours use it.
    rules "$here/android/consumer-rules.pro" "$classes"
    grep -q "package=\"$(sed -n 's/^package //p' "$here"/src/main/kotlin/org/hattama/notebook/hattama.kt)\"" \
        "$scratch/aar/AndroidManifest.xml" || wrong "the manifest names another package than the sources"
    grep -q "minSdkVersion=\"$api\"" "$scratch/aar/AndroidManifest.xml" ||
        wrong "the manifest has another minSdkVersion than $api"
}

rules() {
    local rule where sources=$here/src/main/kotlin/org/hattama/notebook/hattama.kt count=0
    while read -r rule; do
        count=$((count + 1))
        where=${rule%.\*\*}
        case $rule in
            org.hattama.*.\*\*) grep -q "^${where//.//}/" <<<"$2" || wrong "R8: no classes in $where" ;;
            org.hattama.*) grep -qx "${where//.//}.class" <<<"$2" || wrong "R8: there is no $where" ;;
            com.sun.jna.*) grep -qF "$where" "$sources" || wrong "R8: the sources use no $where" ;;
        esac
    done < <(sed -n 's/^-keep[a-z]* class .*\b\(\(org\.hattama\|com\.sun\.jna\)[A-Za-z0-9_.$*]*\).*/\1/p' "$1")
    [ "$count" -gt 0 ] || wrong "R8: $1 keeps nothing"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if [ "${1:-}" != --check ]; then
    tools ndk
    # shellcheck source=client-core/bindings/flags.sh
    . client-core/bindings/flags.sh
    strip=$(echo "$ANDROID_NDK_HOME"/toolchains/llvm/prebuilt/*/bin/llvm-strip)
    while read -r abi triple; do
        cargo ndk --target "$abi" --platform "$api" rustc --profile phone --package hattama-client-core \
            --lib --crate-type cdylib --no-default-features --features "$features" -- "${pages[@]}" "${packed_android[@]}"
        mkdir -p "$scratch/stage/jni/$abi"
        "$strip" --strip-all -o "$scratch/stage/jni/$abi/$name" "$target/$triple/phone/$name"
    done <<<"$abis"
    assemble "$scratch/stage"
    # shellcheck disable=SC2046 # a list of words
    verify $(awk '{ print $1 }' <<<"$abis")
    echo "$aar"
    exit
fi

tools host
# Beside a real one, not over it.
aar=$scratch/made/notebook-0.1.0.aar
case $(uname -sm) in
    "Linux x86_64") abi=x86_64 ;;
    "Linux aarch64") abi=arm64-v8a ;;
    *) wrong "--check needs a 64-bit Linux, whose libraries are of Android's kind" ;;
esac
cargo rustc --quiet --package hattama-client-core --lib --crate-type cdylib --features ffi -- "${pages[@]}"
mkdir -p "$scratch/stage/jni/$abi"
strip --strip-all -o "$scratch/stage/jni/$abi/$name" "$target/debug/$name"
assemble "$scratch/stage"
verify "$abi"

# A check that lets everything pass is none: each has to refuse what is wrong.
refuses() {
    local what=$1
    shift
    if ("$@") >/dev/null 2>&1; then wrong "the check let pass $what"; fi
}
refuses "an ABI without a library" verify "$abi" armeabi-v7a
echo 'int hattama_nothing(void) { return 0; }' >"$scratch/nothing.c"
cc -shared -o "$scratch/small.so" -Wl,-z,max-page-size=4096 "$scratch/nothing.c"
refuses "pages of 4 KiB" aligned "$scratch/small.so"
echo '-keep class org.hattama.notebook.Gone { *; }' >"$scratch/rules.pro"
refuses "a rule for a class that is gone" rules "$scratch/rules.pro" \
    "$(jar --list --file "$scratch/aar/classes.jar")"
echo "aar: layout, pages and rules hold with this machine's library; what runs on Android was not tried"
