use semver::Version;

use super::super::machine::tests::debian_12;
use super::*;

const DYLINT: &str = "6.0.1";

/// A cache with a compiler, tools and a driver of a few bytes, and an export of it.
struct Exported {
    folder: tempfile::TempDir,
    file: PathBuf,
}

impl Exported {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cache = Cache::at(&folder.path().join("from"));
        let manifest = Manifest {
            key: "0a1b2c3d".to_owned(),
            host: "x86_64-unknown-linux-gnu".to_owned(),
            origin: "a test".to_owned(),
            rustc: Version::new(1, 96, 0),
            commit: "c".to_owned(),
        };
        let compiler = Compiler {
            root: cache.compiler(&manifest.key),
            manifest,
        };
        let program = |path: PathBuf, text: &str| {
            files::write(&path, text).expect("written");
            files::make_executable(&path).expect("a program");
        };
        program(compiler.root.join("bin/rustc"), "#!/bin/sh\necho rustc\n");
        files::write(&compiler.root.join("lib/one.so"), "library").expect("written");
        files::write(&compiler.root.join("lib/deep/two.so"), "library").expect("written");
        compiler.manifest.write(&compiler.root).expect("written");
        program(cache.tools(DYLINT).join("bin/cargo-dylint"), "tool");
        program(cache.driver(DYLINT, &compiler.name()), "driver");
        let file = folder.path().join("toolchain.tar.zst");
        export(&file, &compiler, DYLINT, &cache, &Ui::plain()).expect("exported");
        Self { folder, file }
    }

    fn cache(&self) -> Cache {
        Cache::at(&self.folder.path().join("to"))
    }

    fn import(&self, sha256: Option<&str>, wanted: &Wanted) -> Result<Compiler> {
        let machine = debian_12(self.folder.path());
        import(
            &self.file,
            sha256,
            wanted,
            &self.cache(),
            &machine,
            &Ui::plain(),
        )
    }

    /// Imports into a cache that has a compiler already, and expects a refusal that leaves it.
    fn refusal(&self, sha256: Option<&str>, wanted: &Wanted) -> String {
        let old = self.cache().compiler("0a1b2c3d").join("bin/rustc");
        files::write(&old, "the old one").expect("written");
        let error = self
            .import(sha256, wanted)
            .expect_err("refused")
            .to_string();
        assert_eq!(fs::read_to_string(&old).expect("there"), "the old one");
        let left = files::entries(self.cache().root()).expect("listed");
        assert_eq!(
            left,
            [self.cache().compilers()],
            "a refusal leaves nothing behind"
        );
        error
    }

    /// Unpacks the archive into its entries, has them changed, and packs them again.
    fn tamper(&self, change: impl FnOnce(&mut Vec<(String, Vec<u8>)>)) {
        let archive = zstd::decode_all(File::open(&self.file).expect("open")).expect("zstd");
        let mut entries = Vec::new();
        for entry in tar::Archive::new(archive.as_slice())
            .entries()
            .expect("tar")
        {
            let mut entry = entry.expect("an entry");
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("read");
            entries.push((entry.path().expect("a path").display().to_string(), content));
        }
        change(&mut entries);
        let mut tar = tar::Builder::new(Vec::new());
        for (name, content) in entries {
            append(&mut tar, &name, content.len() as u64, content.as_slice()).expect("appended");
        }
        let tar = tar.into_inner().expect("finished");
        let packed = zstd::encode_all(tar.as_slice(), 1).expect("packed");
        fs::write(&self.file, packed).expect("written");
    }
}

fn wanted() -> Wanted {
    Wanted {
        keys: vec!["ffffffff".to_owned(), "0a1b2c3d".to_owned()],
        host: "x86_64-unknown-linux-gnu".to_owned(),
        dylint: DYLINT.to_owned(),
    }
}

fn change_list(entries: &mut [(String, Vec<u8>)], from: &str, to: &str) {
    let list = String::from_utf8(entries[0].1.clone()).expect("text");
    assert!(list.contains(from), "{list}");
    entries[0].1 = list.replace(from, to).into_bytes();
}

#[test]
fn what_was_exported_comes_back() {
    let exported = Exported::new();
    let (sha256, _) = hash_file(&exported.file).expect("hashed");
    let compiler = exported.import(Some(&sha256), &wanted()).expect("imported");
    let cache = exported.cache();
    assert_eq!(compiler.root, cache.compiler("0a1b2c3d"));
    assert_eq!(
        Compiler::in_folder(&compiler.root).expect("read"),
        Some(compiler.clone())
    );
    let rustc = compiler.root.join("bin/rustc");
    assert!(files::is_executable(&rustc));
    for library in ["lib/one.so", "lib/deep/two.so"] {
        let library = compiler.root.join(library);
        assert_eq!(fs::read_to_string(&library).expect("there"), "library");
        assert!(!files::is_executable(&library));
    }
    assert!(files::is_executable(
        &cache.tools(DYLINT).join("bin/cargo-dylint")
    ));
    assert!(files::is_executable(
        &cache.driver(DYLINT, &compiler.name())
    ));
    assert_eq!(
        files::entries(cache.root()).expect("listed").len(),
        3,
        "no scratch is left"
    );
}

#[test]
fn a_second_import_replaces_the_first() {
    let exported = Exported::new();
    let compiler = exported.import(None, &wanted()).expect("imported");
    files::write(&compiler.root.join("stray"), "").expect("written");
    exported.import(None, &wanted()).expect("imported again");
    assert!(!compiler.root.join("stray").exists());
}

#[test]
fn another_hash_is_refused() {
    let text = Exported::new().refusal(Some("00ff"), &wanted());
    assert!(text.contains("not 00ff"), "{text}");
}

#[test]
fn a_changed_content_is_refused() {
    let exported = Exported::new();
    exported.tamper(|entries| {
        let driver = entries.iter_mut().find(|(_, content)| content == b"driver");
        driver.expect("there").1 = b"drivel".to_vec();
    });
    let text = exported.refusal(None, &wanted());
    assert!(
        text.contains("is damaged") && text.contains("is another one"),
        "{text}"
    );
}

#[test]
fn a_missing_and_a_foreign_content_are_refused() {
    let exported = Exported::new();
    exported.tamper(|entries| drop(entries.pop()));
    let text = exported.refusal(None, &wanted());
    assert!(text.contains("is missing"), "{text}");

    let exported = Exported::new();
    exported.tamper(|entries| entries.push(("contents/evil".to_owned(), b"x".to_vec())));
    let text = exported.refusal(None, &wanted());
    assert!(text.contains("not in its list"), "{text}");
}

#[test]
fn a_list_that_leads_out_of_its_folders_is_refused() {
    for path in [
        "compiler/../../rustc",
        "/etc/rustc",
        "elsewhere/rustc",
        "compiler",
    ] {
        let exported = Exported::new();
        exported.tamper(|entries| change_list(entries, "compiler/bin/rustc", path));
        let text = exported.refusal(None, &wanted());
        assert!(text.contains(&format!("a bad entry, `{path}`")), "{text}");
    }
}

#[test]
fn another_version_or_machine_is_refused_with_both_named() {
    let other = Wanted {
        keys: vec!["11112222".to_owned()],
        ..wanted()
    };
    let text = Exported::new().refusal(None, &other);
    assert!(
        text.contains("0a1b2c3d") && text.contains("11112222"),
        "{text}"
    );

    let other = Wanted {
        dylint: "7.0.0".to_owned(),
        ..wanted()
    };
    let text = Exported::new().refusal(None, &other);
    assert!(
        text.contains("dylint 6.0.1") && text.contains("dylint 7.0.0"),
        "{text}"
    );

    let other = Wanted {
        host: "aarch64-apple-darwin".to_owned(),
        ..wanted()
    };
    let text = Exported::new().refusal(None, &other);
    assert!(text.contains("aarch64-apple-darwin"), "{text}");

    let exported = Exported::new();
    exported.tamper(|entries| change_list(entries, "\"format\":1", "\"format\":9"));
    let text = exported.refusal(None, &wanted());
    assert!(text.contains("has the format 9"), "{text}");
}

#[test]
fn a_file_that_is_no_archive_is_refused() {
    let exported = Exported::new();
    fs::write(&exported.file, "not an archive").expect("written");
    let text = exported.refusal(None, &wanted());
    assert!(text.contains("no exported toolchain"), "{text}");

    let exported = Exported::new();
    let whole = fs::read(&exported.file).expect("read");
    fs::write(&exported.file, &whole[..whole.len() / 2]).expect("cut short");
    let text = exported.refusal(None, &wanted());
    assert!(text.contains("damaged"), "{text}");
}
