//! axe-core, an engine of rules for accessibility, which `.ci/run` installs. It is MPL-2.0, is
//! used by this suite only and is no part of the repository.

use std::fs;
use std::sync::LazyLock;

use crate::page::{Page, artifacts};

static AXE: LazyLock<String> = LazyLock::new(|| {
    let path = artifacts("axe").join("node_modules/axe-core/axe.min.js");
    fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("{error}: {}; `npm install --prefix target/axe axe-core@4.14.1` puts it there", path.display())
    })
});

/// In both schemes, no rule finds anything against what is shown.
pub(crate) fn finds_nothing(page: &Page, state: &str) {
    for scheme in ["light", "dark"] {
        page.prefers(scheme);
        page.run(&format!("if (!window.axe) {{ {} }}", *AXE));
        let violations = page.run(
            "return axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
                nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary}`)));",
        );
        let violations = violations.as_array().unwrap();
        assert!(violations.is_empty(), "{state}, {scheme}: {violations:#?}");
    }
}
