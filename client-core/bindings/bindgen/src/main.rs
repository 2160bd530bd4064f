//! Makes the sources of the bindings from a built library, or the API's checksums.
//!
//! ```text
//! uniffi-bindgen generate LIBRARY --language kotlin|swift|python --out-dir FOLDER
//! ```

fn main() {
    uniffi::uniffi_bindgen_main();
}
