//! Reports in the formats and the language asked for, and what is said of simulated data in them.

use std::fs;

use crate::{Run, folder, kring, project};

#[test]
fn a_report_in_two_formats_in_dutch() {
    let out = folder("dutch-report");
    let out = out.to_str().unwrap();
    let mut arguments = vec!["replicate", "deroos-2011", "--out", out];
    arguments.extend([
        "--report",
        "html,docx,typst",
        "--report-language",
        "nl",
        "--report-methods",
    ]);
    let run = kring(&arguments).succeeded();
    for name in ["report.html", "report.docx", "report.typ"] {
        assert!(run.out.contains(&format!("{out}/{name}")), "{name}");
    }
    let page = fs::read_to_string(format!("{out}/report.html")).unwrap();
    assert!(
        page.contains("<html lang=\"nl\">") && page.contains("Gepubliceerde cijfers en de onze")
    );
    assert!(page.contains("STROBE"), "the checklist of --report-methods");
    assert!(
        page.contains("Lineair gemengd model volgens REML"),
        "how it was estimated"
    );
    assert!(
        fs::read(format!("{out}/report.docx"))
            .unwrap()
            .starts_with(b"PK")
    );
    let source = fs::read_to_string(format!("{out}/report.typ")).unwrap();
    assert!(source.contains("lang: \"nl\""));
    // What is printed stays English, and numbers in the plain data are those of no language.
    assert!(run.out.contains("Published"));
    assert!(
        fs::read_to_string(format!("{out}/results.json"))
            .unwrap()
            .contains("9.96")
    );
}

#[test]
fn a_format_or_language_needs_a_folder_to_write_to() {
    for option in [["--report-language", "nl"], ["--report", "docx"]] {
        let run = kring(&["replicate", "deroos-2011", option[0], option[1]]);
        assert_eq!(run.status, 2);
        assert!(run.err.contains("--out <DIR>"), "{}", run.err);
    }
    let run = kring(&["replicate", "deroos-2011", "--out", "x", "--report", "word"]);
    assert!(run.err.contains("docx"), "{}", run.err);
}

/// Typst stands outside: the command is held by a program in its place that says what it was asked.
#[cfg(unix)]
#[test]
fn a_pdf_is_made_by_typst_or_an_error_says_how() {
    use std::os::unix::fs::PermissionsExt;

    let here = folder("pdf");
    let file = project().join("datasets/studies/deroos-2011/data/fdd.csv");
    let out = here.join("out");
    let arguments = [
        "test",
        "mann_whitney",
        file.to_str().unwrap(),
        "outcome=yc3",
        "by=trt",
        "--out",
        out.to_str().unwrap(),
        "--report",
        "pdf",
    ];
    let nothing = folder("pdf-without-programs");
    let run = Run::of(&arguments, &here, &[("PATH", nothing.to_str().unwrap())]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("pip install typst"), "{}", run.err);
    assert!(
        out.join("report.typ").exists(),
        "the source is kept for another way to PDF"
    );

    let program = here.join("typst");
    let script = "#!/bin/sh\n[ \"$1\" = compile ] && [ -f \"$2\" ] && echo '%PDF' > \"$3\"\n";
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let run = Run::of(&arguments, &here, &[("PATH", here.to_str().unwrap())]).succeeded();
    assert!(run.out.contains("report.pdf"));
    assert_eq!(
        fs::read_to_string(out.join("report.pdf")).unwrap(),
        "%PDF\n"
    );
    assert!(
        !out.join("report.typ").exists(),
        "nobody asked for the source"
    );

    fs::write(
        &program,
        "#!/bin/sh\necho 'error: no such font' >&2\nexit 1\n",
    )
    .unwrap();
    let run = Run::of(&arguments, &here, &[("PATH", here.to_str().unwrap())]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("no such font"), "{}", run.err);
}

#[test]
fn a_fit_on_a_simulated_file_says_so_on_every_page() {
    let here = folder("simulated-report");
    let out = here.join("cohort");
    let generator = "datasets/simulated/rotterdam-2019.toml";
    kring(&["simulate", generator, "--out", out.to_str().unwrap()]).succeeded();
    let file = out.join("simulated-long.csv");
    let results = here.join("results");
    let mut arguments = vec!["fit", "lm", "--data", file.to_str().unwrap()];
    arguments.extend([
        "--formula",
        "problems ~ arm",
        "--out",
        results.to_str().unwrap(),
    ]);
    let run = kring(&arguments).succeeded();
    assert!(
        run.out.contains("Simulated data: no evidence."),
        "{}",
        run.out
    );
    let page = fs::read_to_string(results.join("report.html")).unwrap();
    assert!(page.contains("The data were made; they answer no question about people."));
}
