//! Files that were cut short or changed on the way: an error, never a panic, and never a frame
//! that looks whole and is not.

use std::path::PathBuf;

use kring_cohort::{Dataset, ReadOptions, read_bytes};

use crate::data;

/// The binary test files whose names end so.
fn files(endings: &[&str]) -> Vec<(String, Vec<u8>)> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(data(""))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            // A folder has no ending.
            let of_path = path.extension();
            endings
                .iter()
                .any(|ending| of_path.is_some_and(|of_path| of_path == *ending))
        })
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect()
}

fn try_read(name: &str, bytes: &[u8]) -> Option<Dataset> {
    match read_bytes(name, bytes, &ReadOptions::default()) {
        Ok(data) => Some(data),
        Err(error) => {
            assert!(error.to_string().starts_with(name), "{error}");
            None
        }
    }
}

/// Cuts a file at every length and gives those at which it can still be read.
fn readable_cuts(name: &str, bytes: &[u8], step: usize) -> Vec<(usize, Dataset)> {
    (0..bytes.len())
        .step_by(step)
        .filter_map(|length| Some((length, try_read(name, &bytes[..length])?)))
        .collect()
}

/// Changes the bytes from `start` on, one at a time; whatever comes of it, it must not be a panic.
fn change_bytes(name: &str, bytes: &[u8], start: usize, step: usize) {
    let mut changed = bytes.to_vec();
    for at in (start..bytes.len()).step_by(step) {
        for value in [0x00, 0xFF, bytes[at] ^ 0x80, bytes[at].wrapping_add(1)] {
            changed[at] = value;
            let _ = try_read(name, &changed);
        }
        changed[at] = bytes[at];
    }
}

#[test]
fn spss_files_cut_short_are_refused() {
    for (name, bytes) in files(&["sav", "zsav"]) {
        if name == "same_name.sav" {
            continue;
        }
        let whole = try_read(&name, &bytes).unwrap();
        for (length, cut) in readable_cuts(&name, &bytes, 1) {
            // The files by hand declare no number of cases, as some programs do not. What is cut
            // off is then whole cases (or the mark at the end), which nobody can miss.
            let is_declared = !matches!(&*name, "commands.sav" | "bias.sav");
            assert!(!is_declared, "{name} cut at {length}");
            assert!(cut.frame.height() <= whole.frame.height());
        }
    }
}

#[test]
fn stata_files_cut_short_are_refused() {
    for (name, bytes) in files(&["dta"]) {
        let whole = try_read(&name, &bytes).unwrap();
        for (length, cut) in readable_cuts(&name, &bytes, 1) {
            // Up to release 115, the value labels follow the data without a mark. A cut between
            // two sets of them leaves the values whole and labels that are not there: a note.
            assert!(
                whole.frame.equals_missing(&cut.frame),
                "{name} cut at {length}"
            );
            assert!(!cut.provenance.notes.is_empty(), "{name} cut at {length}");
        }
    }
}

#[test]
fn workbooks_and_columnar_files_cut_short_are_refused() {
    for (name, bytes) in files(&["xlsx", "parquet", "feather"]) {
        let cuts = readable_cuts(&name, &bytes, 13);
        let lengths: Vec<usize> = cuts.iter().map(|(length, _)| *length).collect();
        assert_eq!(lengths, Vec::<usize>::new(), "{name}");
    }
}

#[test]
fn changed_bytes_in_spss_and_stata_files_do_no_harm() {
    for (name, bytes) in files(&["sav", "zsav", "dta"]) {
        change_bytes(&name, &bytes, 0, if bytes.len() < 1000 { 1 } else { 23 });
    }
}

#[test]
fn changed_bytes_in_workbooks_do_no_harm() {
    for (name, bytes) in files(&["xlsx"]) {
        change_bytes(&name, &bytes, 0, 37);
    }
}

// Not tested, because it is not so: that changed *values* in Parquet, or changed sizes of compressed
// buffers in Arrow, do no harm. About one change in a thousand there makes polars 0.55.2 ask for
// more memory than exists, which ends the program, and nothing above polars can stop that.

#[test]
fn changed_bytes_in_the_footer_of_parquet_files_do_no_harm() {
    for (name, bytes) in files(&["parquet"]) {
        let (rest, _mark) = bytes.split_last_chunk::<4>().unwrap();
        let (rest, size) = rest.split_last_chunk::<4>().unwrap();
        let footer = rest.len() - u32::from_le_bytes(*size) as usize;
        change_bytes(&name, &bytes, footer, 41);
    }
}

#[test]
fn changed_bytes_in_plain_arrow_files_do_no_harm() {
    for (name, bytes) in files(&["arrow"]) {
        change_bytes(&name, &bytes, 0, 3);
    }
}

#[test]
fn changed_bytes_in_texts_do_no_harm() {
    let text = "naam;x;dag\n\"Zoë\";1,5;2024-03-05\n;NA;\n\"a \"\"b\"\"\";1.000;2024-01-01\n";
    for encoded in [
        text.as_bytes().to_vec(),
        text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
    ] {
        change_bytes("a.csv", &encoded, 0, 1);
        for length in 0..encoded.len() {
            let _ = try_read("a.csv", &encoded[..length]);
        }
    }
}
