# shellcheck shell=bash
# Sourced by what builds the library for phones: what it leaves out to be small. Nothing of it changes
# what the library does.
#
# SQLite's modules for search, places, JSON and statistics: the notebook's statements use none of them.
export LIBSQLITE3_FLAGS="-USQLITE_ENABLE_FTS3 -USQLITE_ENABLE_FTS3_PARENTHESIS -USQLITE_ENABLE_FTS5 \
-USQLITE_ENABLE_RTREE -USQLITE_ENABLE_DBSTAT_VTAB -USQLITE_ENABLE_STAT4 -USQLITE_SOUNDEX \
-USQLITE_ENABLE_LOAD_EXTENSION -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_OMIT_JSON \
-DSQLITE_OMIT_SHARED_CACHE -DSQLITE_OMIT_DEPRECATED"
# Tables for unwinding through C: no panic crosses it, callbacks of Rust catch theirs.
export CFLAGS="${CFLAGS:-} -fno-unwind-tables -fno-asynchronous-unwind-tables"
# For rustc, after `--`: relocations in packed form, and functions that are the same once. The system has
# to know the form: Linux with glibc 2.36, Android from 6.0 on, each its own; Apple's linker does it unasked.
# shellcheck disable=SC2034 # for whoever sources this
packed_linux=(-C "link-arg=-Wl,-z,pack-relative-relocs,--icf=safe")
# shellcheck disable=SC2034
packed_android=(-C "link-arg=-Wl,--pack-dyn-relocs=android,--icf=safe")
