//! The version of an index state.

/// Which state of the articles an answer was given from: generation and applied `seq`,
/// written `12.48211`.
#[derive(Default, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexVersion {
    /// The generation's number.
    pub generation: u64,
    /// The last change that is in it.
    pub seq: u64,
}

impl std::fmt::Display for IndexVersion {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.generation, self.seq)
    }
}
