//! Pictures as pixels, for programs that do not show SVG.
//!
//! resvg draws with the fonts of the machine. A machine without any font would draw a picture without
//! its words, so there nothing is drawn at all, and whoever asked is told.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use crate::Error;

/// A picture in pixels.
#[derive(Debug)]
pub(crate) struct Png {
    pub bytes: Vec<u8>,
    /// Width and height in the units of the SVG.
    pub size: (f32, f32),
}

/// Pixels for each unit of the SVG: some 190 for an inch.
const SCALE: f32 = 2.0;

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_system_fonts();
    // What a picture asks for by kind, with the first family that is there.
    let has = |fonts: &fontdb::Database, family: &str| {
        let mut faces = fonts.faces();
        faces.any(|face| face.families.iter().any(|(name, _)| name == family))
    };
    let sans = [
        "Liberation Sans",
        "Arial",
        "Helvetica",
        "DejaVu Sans",
        "Noto Sans",
    ];
    let serif = [
        "Liberation Serif",
        "Times New Roman",
        "DejaVu Serif",
        "Noto Serif",
    ];
    let any = || {
        let face = fonts.faces().next();
        face.and_then(|face| face.families.first().map(|(name, _)| name.clone()))
    };
    let chosen = |list: &[&str]| {
        let found = list.iter().find(|family| has(&fonts, family));
        found.map(|family| (*family).to_owned()).or_else(any)
    };
    let (sans, serif) = (chosen(&sans), chosen(&serif));
    if let Some(family) = sans {
        fonts.set_sans_serif_family(family);
    }
    if let Some(family) = serif {
        fonts.set_serif_family(family);
    }
    Arc::new(fonts)
});

/// A picture as PNG; nothing on a machine without fonts.
pub(crate) fn png(svg: &str) -> Result<Option<Png>, Error> {
    if FONTS.is_empty() {
        return Ok(None);
    }
    let options = Options {
        fontdb: Arc::clone(&FONTS),
        ..Options::default()
    };
    let fault = |why: String| Error::Picture { why };
    let tree = Tree::from_str(svg, &options).map_err(|error| fault(error.to_string()))?;
    let size = tree.size();
    let scaled = size
        .to_int_size()
        .scale_by(SCALE)
        .ok_or_else(|| fault("it has no size".to_owned()))?;
    let mut pixels = Pixmap::new(scaled.width(), scaled.height())
        .ok_or_else(|| fault("it has no size".to_owned()))?;
    resvg::render(
        &tree,
        Transform::from_scale(SCALE, SCALE),
        &mut pixels.as_mut(),
    );
    let bytes = pixels
        .encode_png()
        .map_err(|error| fault(error.to_string()))?;
    Ok(Some(Png {
        bytes,
        size: (size.width(), size.height()),
    }))
}
