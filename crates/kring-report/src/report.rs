use kring_core::{
    BaselineTable, Caution, Comparison, Component, Curve, Estimate, Finding, Flow, Funnel,
    JointTest, Patterns, Rate, Source, Summary, Transition,
};
use serde::{Deserialize, Serialize};

use crate::ego::EgoPicture;
use crate::forest::Forest;
use crate::names::Called;
use crate::network::NetworkPicture;
use crate::performance::{Lollipop, Zip};
use crate::scatter::Scatter;
use crate::trajectories::Trajectories;

/// Everything a report shows: plain data, filled by whoever ran the study.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Report {
    /// The title of the study.
    pub title: String,
    /// Who published it.
    pub authors: String,
    /// When.
    pub year: Option<i32>,
    /// Its DOI, without the resolver.
    pub doi: Option<String>,
    /// What the study did, in a paragraph or two.
    pub summary: String,
    /// Where the published figures stand.
    pub sources: Vec<Source>,
    /// The design as pairs: `Allocation`, `randomised`.
    pub design: Vec<(String, String)>,
    /// Discrepancies between the sources, and errata.
    pub notes: Vec<String>,
    /// Who was there at each wave.
    pub flow: Option<Flow>,
    /// The published figures with ours beside them.
    pub comparisons: Vec<Comparison>,
    /// What the checks of published figures found.
    pub findings: Vec<Finding>,
    /// The analyses, in order.
    pub sections: Vec<Section>,
    /// Whether the data are simulated; every section and figure then says so.
    pub simulated: bool,
    /// Versions, seeds and checksums as pairs.
    pub provenance: Vec<(String, String)>,
    /// The exact text of the protocol.
    pub protocol: String,
}

/// One analysis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its name in the protocol.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it was meant for.
    pub role: Role,
    /// The method in words.
    pub method: Option<String>,
    /// What it found, in order.
    pub content: Vec<Content>,
}

/// What an analysis was meant for, as declared beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The question the study was made for.
    Primary,
    /// A further question, declared beforehand.
    Secondary,
    /// Looked at afterwards.
    Exploratory,
    /// Says what was seen and infers nothing.
    Descriptive,
}

/// A piece of a section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Estimates, as a table.
    Estimates(Vec<Estimate>),
    /// Tests without a sign, as a table.
    Tests(Vec<JointTest>),
    /// Variances and their like, as a table.
    Components(Vec<Component>),
    /// What was seen, as tables.
    Summaries(Vec<Summary>),
    /// A figure of functions of time.
    Chart(Chart),
    /// A figure of the means of a model over waves, over what was observed.
    Trajectories(Trajectories),
    /// A figure of estimates below one another, or of differences of groups.
    Forest(Forest),
    /// A figure of points, such as residuals.
    Scatter(Scatter),
    /// A diagram of who was there when.
    Flow(Flow),
    /// Groups side by side, as a table.
    Baseline(BaselineTable),
    /// How many of how many, as a table.
    Rates(Vec<Rate>),
    /// A figure of shares by the size of their units.
    Funnel(Funnel),
    /// A figure of who has a value where.
    Patterns(Patterns),
    /// What became of problems, as a table.
    Transitions(Vec<Transition>),
    /// A figure of simulated intervals around the truth.
    Zip(Zip),
    /// A figure of numbers around what they should be.
    Lollipop(Lollipop),
    /// A figure of the circle around one family.
    Ego(EgoPicture),
    /// A figure of a whole network.
    Network(NetworkPicture),
    /// Words and numbers that were written already, as a table.
    Listing(Listing),
    /// Paragraphs, with a blank line between them.
    Text(String),
    /// What a reader calls the names in the pieces beside it: a page has the words, a screen the names.
    Names(Vec<Called>),
}

/// A table whose cells are written already: parameters of a generator, points of a power curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// Its title.
    pub title: String,
    /// The columns.
    pub columns: Vec<ListingColumn>,
    /// The rows: as many cells as there are columns.
    pub rows: Vec<Vec<String>>,
    /// What a reader should know beside it.
    pub notes: Vec<String>,
    /// Why one may doubt it.
    pub cautions: Vec<Caution>,
}

/// A column of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListingColumn {
    /// What stands above it.
    pub head: String,
    /// What it holds.
    pub holds: Holds,
}

/// What a column of a listing holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// Words: set from the left.
    Words,
    /// Numbers: set from the right.
    Numbers,
}

impl ListingColumn {
    /// A column of words.
    pub fn words(head: impl Into<String>) -> Self {
        Self {
            head: head.into(),
            holds: Holds::Words,
        }
    }

    /// A column of numbers.
    pub fn numbers(head: impl Into<String>) -> Self {
        Self {
            head: head.into(),
            holds: Holds::Numbers,
        }
    }
}

/// A figure of functions of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// Its name, also that of its file.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What stands on the horizontal axis.
    pub x_label: String,
    /// What stands on the vertical axis.
    pub y_label: String,
    /// The curves; up to seven are told apart by colour, marker and dash.
    pub curves: Vec<Curve>,
    /// Whether the vertical axis must contain zero.
    pub y_from_zero: bool,
    /// What a reader should know beside it.
    pub caption: String,
}

/// Whether the data of a figure were observed or made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// They were observed.
    Observed,
    /// They were simulated; the figure says so.
    Simulated,
}

/// A figure as a file of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// A name that is safe as the stem of a file and given once.
    pub name: String,
    /// The picture.
    pub svg: String,
    /// What it shows, in words.
    pub alt: String,
}

impl Report {
    /// Whether it shows a result alone, with no protocol that declares figures to compare it with.
    pub(crate) fn is_result_alone(&self) -> bool {
        let nothing_printed = self.comparisons.is_empty() && self.findings.is_empty();
        nothing_printed && self.protocol.is_empty() && !self.sections.is_empty()
    }

    /// Where its data come from, as far as a figure must tell.
    pub fn origin(&self) -> Origin {
        if self.simulated {
            Origin::Simulated
        } else {
            Origin::Observed
        }
    }
}

impl Role {
    /// The role as a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Exploratory => "exploratory",
            Self::Descriptive => "descriptive",
        }
    }
}
