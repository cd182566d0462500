//! Two arms over three waves: what each has at each wave, how they differ, and what that rests on.
//!
//! The data are those of a trial of EMDR and CBT after the fireworks disaster of Enschede.
//!
//!     cargo run -p kring --example trajectories
#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;

use kring::analysis::MeansOf;
use kring::cohort::{Cohort, Level, ReadOptions, Roles, Wide, read};
use kring::method::{Method, Repeated};
use kring::report::{Ink, Origin, Style, table_text, trajectories_svg};
use kring::stats::means::ContrastFamily;
use kring::stats::mmrm::{Dof, Mmrm};
use kring::study::Library;

fn main() -> Result<(), Box<dyn Error>> {
    let file = Library::find(None)?
        .folder()
        .join("deroos-2011/data/fdd.csv");
    let roles = Roles {
        subject: Some("id".into()),
        arm: Some("trt".into()),
        arms: vec![Level::named("E"), Level::named("C")],
        wide: vec![Wide::columns("yc", ["yc1", "yc2", "yc3"])],
        ..Roles::default()
    };
    let cohort = Cohort::new(read(&file, &ReadOptions::default())?, &roles)?;

    // Each wave has its mean, its variance and its correlations: nothing is assumed of the course.
    let options = Mmrm {
        dof: Dof::KenwardRoger,
        ..Mmrm::default()
    };
    let model = Method::Mmrm(Box::new(Repeated {
        wave: Some("wave".into()),
        means: Some(MeansOf {
            of: vec!["trt".into()],
            by: vec!["wave".into()],
            contrasts: Some(ContrastFamily::Pairwise),
            ..MeansOf::default()
        }),
        ..Repeated::of("yc ~ trt * wave".parse()?, "id", options)
    }));
    let answer = model.run(cohort.measurements())?;
    let style = Style {
        ink: Ink::Plain,
        width: 100,
    };
    for piece in answer.content() {
        println!("{}", table_text(&piece, style));
    }

    let means = answer.means.ok_or("no means were asked for")?;
    let picture = means.trajectories().ok_or("there is one wave only")?;
    let svg = trajectories_svg(&picture, Origin::Observed)?;
    println!("The picture has {} bytes of SVG.", svg.len());
    let last = means.estimates().last().ok_or("there is no contrast")?;
    println!("{}: {:?}, p = {:?}", last.label, last.value, last.p_value);
    // That of a linear model of the cells: children with CBT scored higher at the end.
    assert_eq!(last.label, "C − E at wave 3");
    assert!(
        last.value
            .finite()
            .is_some_and(|x| (x - 6.136).abs() < 1e-3)
    );
    Ok(())
}
