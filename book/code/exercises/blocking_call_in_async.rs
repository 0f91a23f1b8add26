use std::path::PathBuf;
use std::{fs, io};

use tokio::task::spawn_blocking;

// ANCHOR: solution
async fn lines_of_all(files: Vec<PathBuf>) -> io::Result<usize> {
    let count = move || {
        let mut lines = 0;
        for file in files {
            lines += fs::read_to_string(file)?.lines().count();
        }
        Ok(lines)
    };
    spawn_blocking(count)
        .await
        .expect("counting does not panic")
}
// ANCHOR_END: solution

#[tokio::test]
async fn it_counts_and_tells_errors() {
    let book = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let manifest = book.join("Cargo.toml");
    let twice = lines_of_all(vec![manifest.clone(), manifest.clone()]).await;
    assert_eq!(
        twice.unwrap(),
        2 * fs::read_to_string(manifest).unwrap().lines().count()
    );
    let missing = lines_of_all(vec![book.join("none")]).await;
    assert_eq!(missing.unwrap_err().kind(), io::ErrorKind::NotFound);
}
