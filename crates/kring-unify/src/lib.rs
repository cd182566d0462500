//! Holds no code: its dependencies are the point. See its `Cargo.toml`.
