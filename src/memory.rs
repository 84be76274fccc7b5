//! How much memory a server keeps.
//!
//! glibc's allocator gives threads arenas of their own, eight a processor, and a freed block stays
//! with its arena: after many requests on many threads a server held several times what it uses.
//! `cargo bench --bench resident` measures this limit against none, one arena and other allocators.
//! Of these, mimalloc held more; jemalloc held about as little and answered faster, but takes `make`
//! and a minute and a half of processor time to build.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::{env, thread};

/// What glibc reads when a program starts.
const ARENAS: &str = "MALLOC_ARENA_MAX";

/// Lets threads share arenas, as many as there are processors, unless the environment says how many.
/// The program starts once more, in the same process: glibc reads the limit at the start only.
pub(crate) fn limit_arenas() {
    if env::var_os(ARENAS).is_some() {
        return;
    }
    let Ok(program) = env::current_exe() else { return };
    let arenas = thread::available_parallelism().map_or(2, |processors| processors.get().max(2));
    let error = Command::new(program).args(env::args_os().skip(1)).env(ARENAS, arenas.to_string()).exec();
    // It comes back only where it failed, and then the server has more memory than it needs.
    eprintln!("fichero: the number of memory arenas cannot be limited: {error}");
}
