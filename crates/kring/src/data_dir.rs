//! Where studies and instruments are found.

use std::path::{Path, PathBuf};

/// The folder of this name: `<data_dir>/<name>`, else `$KRING_DATA/<name>`, else `datasets/<name>`
/// in the working folder or one above it; or a sentence that says where it was looked for.
pub(crate) fn folder(data_dir: Option<&Path>, name: &str) -> Result<PathBuf, String> {
    let below = |dir: &Path, looked: String| {
        let folder = dir.join(name);
        if folder.is_dir() {
            Ok(folder)
        } else {
            Err(looked)
        }
    };
    if let Some(dir) = data_dir {
        return below(dir, format!("no `{name}` in {}", dir.display()));
    }
    if let Some(dir) = std::env::var_os("KRING_DATA").map(PathBuf::from) {
        let looked = format!("no `{name}` in {}, which KRING_DATA names", dir.display());
        return below(&dir, looked);
    }
    let here = std::env::current_dir().map_err(|error| format!("no working folder: {error}"))?;
    here.ancestors()
        .map(|folder| folder.join("datasets").join(name))
        .find(|folder| folder.is_dir())
        .ok_or_else(|| format!("no `datasets/{name}` in {} or above it", here.display()))
}
