//! The core built apart, with the cipher, and what has to be there to ask it through other languages.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What the core is built with: the interface, and the cipher with the system's libcrypto.
const FEATURES: &str = "ffi,sqlcipher";

/// Jars that the Kotlin classes need, by the beginnings of their names.
const JARS: [&str; 3] = ["jna-", "kotlin-stdlib-", "kotlinx-coroutines-core-jvm-"];

/// The programs.
pub(super) struct Built {
    root: PathBuf,
    target: PathBuf,
}

/// How one of them is started.
pub(super) struct Run {
    program: OsString,
    arguments: Vec<OsString>,
    variables: Vec<(&'static str, OsString)>,
}

impl Run {
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).envs(self.variables.iter().cloned());
        command
    }
}

impl Built {
    /// Builds the core as a program for Rust and as a library for the others.
    pub(super) fn by_cargo() -> Result<Self, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no workspace")?.to_owned();
        let target = root.join("target/bench-phone");
        for what in
            [&["build", "--example", "measure"][..], &["rustc", "--lib", "--crate-type", "cdylib"]]
        {
            let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
            cargo.current_dir(&root).args(what).args(["--release", "--quiet"]);
            cargo.args(["--package", "hattama-client-core", "--no-default-features"]);
            cargo.args(["--features", FEATURES, "--target-dir"]).arg(&target);
            // Those of the build of this very program do not count for that one.
            cargo.env_remove("CARGO_MANIFEST_DIR");
            let done = cargo.status().map_err(|error| error.to_string())?;
            if !done.success() {
                return Err(format!("the core cannot be built with the features {FEATURES}"));
            }
        }
        Ok(Self { root, target })
    }

    /// The core itself.
    pub(super) fn rust(&self) -> Run {
        let program = self.target.join("release/examples/measure").into();
        Run { program, arguments: Vec::new(), variables: Vec::new() }
    }

    /// Through Python, by a wheel of the same library, unpacked into `folder`.
    pub(super) fn python(&self, folder: &Path) -> Result<Run, String> {
        let generator = self.root.join("target/bindgen/debug/uniffi-bindgen");
        if !generator.exists() {
            return Err("there is no generator of the bindings; `make python` builds it".to_owned());
        }
        let here = self.root.join("client-core/bindings/python");
        let wheel = Command::new("python3")
            .arg(here.join("backend.py"))
            .arg(folder)
            .env("HATTAMA_BINDGEN", generator)
            .env("HATTAMA_LIBRARY", self.library()?)
            .output()
            .map_err(|error| error.to_string())?;
        if !wheel.status.success() {
            return Err(String::from_utf8_lossy(&wheel.stderr).into_owned());
        }
        let wheel = String::from_utf8_lossy(&wheel.stdout).trim().to_owned();
        let unpacked = folder.join("wheel");
        let done = Command::new("python3")
            .args(["-m", "zipfile", "-e", &wheel])
            .arg(&unpacked)
            .status()
            .map_err(|error| error.to_string())?;
        if !done.success() {
            return Err(format!("{wheel} cannot be unpacked"));
        }
        // Python looks for modules beside a script first, and beside this one lie the wheel's sources.
        let script = folder.join("measure.py");
        fs::copy(here.join("measure.py"), &script).map_err(|error| error.to_string())?;
        Ok(Run {
            program: "python3".into(),
            arguments: vec![script.into()],
            variables: vec![("PYTHONPATH", unpacked.into())],
        })
    }

    /// Through Kotlin on the JVM, by the classes that Maven made.
    pub(super) fn kotlin(&self) -> Result<Run, String> {
        let classes = self.root.join("client-core/bindings/kotlin/target");
        let tests = classes.join("test-classes");
        if !tests.join("org/hattama/notebook/Measure.class").exists() {
            return Err("its classes are not built; `make kotlin` does it".to_owned());
        }
        let home = std::env::var_os("HOME").ok_or("nobody is at home")?;
        let mut path = vec![classes.join("classes"), tests];
        path.extend(jars(&Path::new(&home).join(".m2/repository")));
        if path.len() != 2 + JARS.len() {
            return Err("not all of its libraries are in Maven's repository".to_owned());
        }
        let path = std::env::join_paths(path).map_err(|error| error.to_string())?;
        let mut library = OsString::from("-Djna.library.path=");
        library.push(self.library()?.parent().ok_or("no folder")?);
        Ok(Run {
            program: "java".into(),
            arguments: vec![library, "-cp".into(), path, "org.hattama.notebook.Measure".into()],
            variables: Vec::new(),
        })
    }

    fn library(&self) -> Result<PathBuf, String> {
        let release = self.target.join("release");
        ["so", "dylib"]
            .map(|end| release.join(format!("libhattama_client_core.{end}")))
            .into_iter()
            .find(|library| library.exists())
            .ok_or_else(|| "there is no library".to_owned())
    }
}

/// One jar of each name, the newest by name.
fn jars(below: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut folders = vec![below.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => all.push(path),
            }
        }
    }
    all.sort();
    let of = |name: &&str| {
        all.iter().rev().find(|path| {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let version = file.strip_prefix(*name).unwrap_or_default();
            version.starts_with(|first: char| first.is_ascii_digit())
                && path.extension().is_some_and(|end| end == "jar")
                && !version.contains("sources")
        })
    };
    JARS.iter().filter_map(of).cloned().collect()
}
