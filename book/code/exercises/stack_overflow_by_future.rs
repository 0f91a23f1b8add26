// ANCHOR: solution
/// A folder of an archive: how many files it has, and the places of its folders in the list.
struct Folder {
    files: usize,
    folders: Vec<usize>,
}

async fn count_files(archive: &[Folder]) -> usize {
    let mut files = 0;
    let mut open = vec![0]; // on the heap, where recursion would use the stack
    while let Some(folder) = open.pop() {
        let Folder {
            files: here,
            folders,
        } = read(archive, folder).await;
        files += here;
        open.extend(folders);
    }
    files
}
// ANCHOR_END: solution

async fn read(archive: &[Folder], folder: usize) -> &Folder {
    tokio::task::yield_now().await;
    &archive[folder]
}

#[tokio::test]
async fn depth_does_not_matter() {
    const DEPTH: usize = 100_000;
    let archive: Vec<_> = (1..=DEPTH)
        .map(|next| Folder {
            files: 1,
            folders: if next == DEPTH { vec![] } else { vec![next] },
        })
        .collect();
    assert_eq!(count_files(&archive).await, DEPTH);
}
