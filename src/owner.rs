//! Who owns files: for messages about rights that are missing, and for files that root writes for
//! another user.

use std::io::{self, ErrorKind};
use std::path::Path;

/// The text of an error of a file. Where a right is missing, it also names who owns the file, who
/// this process runs as, and what to do.
pub fn explained(path: &Path, error: &io::Error) -> String {
    match whose(path).filter(|_| error.kind() == ErrorKind::PermissionDenied) {
        Some(whose) => format!("{error}: {whose}: run the command as its owner, or give this user the right"),
        None => error.to_string(),
    }
}

/// ` (it belongs to ana, …)`, where this process runs as another user than the owner.
pub fn note_if_foreign(path: &Path) -> String {
    match whose(path) {
        Some(whose) if is_foreign(path) => format!(" ({whose})"),
        _ => String::new(),
    }
}

#[cfg(unix)]
fn is_foreign(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let metadata = path.ancestors().find_map(|at| at.symlink_metadata().ok());
    metadata.is_some_and(|metadata| metadata.uid() != rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn is_foreign(_: &Path) -> bool {
    false
}

/// The user that another process runs as, where that is another one than this process's, by name.
/// Known on Linux only.
#[cfg(unix)]
pub fn other_user_of(process: u32) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let user = std::fs::metadata(format!("/proc/{process}")).ok()?.uid();
    (user != rustix::process::geteuid().as_raw()).then(|| name_of(user))
}

/// Nothing is known of users here.
#[cfg(not(unix))]
pub fn other_user_of(_: u32) -> Option<String> {
    None
}

/// Whether this process may give files to other users.
#[cfg(unix)]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Nobody may here.
#[cfg(not(unix))]
pub fn is_root() -> bool {
    false
}

/// Gives what root has written below a folder to the owner of the folder, as far as it is root's:
/// a server that runs as the owner has to read it, and to remove it later. `below` is a relative
/// path to a file, or to a folder with all that is in it. Does nothing for other users than root.
///
/// No link is followed, and no file given away that has another path: the owner of the folder must
/// not come by files of others.
///
/// # Errors
///
/// The error of the system where a file cannot be opened or given away.
#[cfg(unix)]
pub fn hand_over(folder: &Path, below: &Path) -> io::Result<()> {
    use rustix::fs::{Mode, OFlags, fstat, open, openat};
    if !is_root() {
        return Ok(());
    }
    let mut at = open(folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let owner = fstat(&at)?;
    if owner.st_uid == 0 {
        return Ok(());
    }
    let to = (rustix::fs::Uid::from_raw(owner.st_uid), rustix::fs::Gid::from_raw(owner.st_gid));
    for name in below.components() {
        at = openat(&at, name.as_os_str(), NO_LINK, Mode::empty())?;
        give(&at, to)?;
    }
    give_what_is_in(&at, to)
}

/// Nothing is to be done here.
///
/// # Errors
///
/// None.
#[cfg(not(unix))]
pub fn hand_over(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}

/// How files are opened to be given away: a link is an error, and a pipe does not block.
#[cfg(unix)]
const NO_LINK: rustix::fs::OFlags = rustix::fs::OFlags::RDONLY
    .union(rustix::fs::OFlags::NOFOLLOW)
    .union(rustix::fs::OFlags::NONBLOCK)
    .union(rustix::fs::OFlags::CLOEXEC);

#[cfg(unix)]
type Owner = (rustix::fs::Uid, rustix::fs::Gid);

#[cfg(unix)]
fn give(file: &rustix::fd::OwnedFd, (user, group): Owner) -> io::Result<()> {
    use rustix::fs::{FileType, fchown, fstat};
    let found = fstat(file)?;
    let is_its_only_path = match FileType::from_raw_mode(found.st_mode) {
        FileType::Directory => true,
        FileType::RegularFile => found.st_nlink == 1,
        _ => false,
    };
    if found.st_uid == 0 && is_its_only_path {
        fchown(file, Some(user), Some(group))?;
    }
    Ok(())
}

#[cfg(unix)]
fn give_what_is_in(folder: &rustix::fd::OwnedFd, to: Owner) -> io::Result<()> {
    use rustix::fs::{Dir, FileType, Mode, fstat, openat};
    if FileType::from_raw_mode(fstat(folder)?.st_mode) != FileType::Directory {
        return Ok(());
    }
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        if matches!(entry.file_name().to_bytes(), b"." | b"..") || entry.file_type() == FileType::Symlink {
            continue;
        }
        match openat(folder, entry.file_name(), NO_LINK, Mode::empty()) {
            Ok(file) => {
                give(&file, to)?;
                give_what_is_in(&file, to)?;
            }
            // It was removed meanwhile.
            Err(error) if error == rustix::io::Errno::NOENT => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// `it belongs to ana, and this process runs as www-data`, for a file or, where that cannot be seen,
/// for the folder around it.
#[cfg(unix)]
pub fn whose(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let (at, metadata) = path.ancestors().find_map(|at| Some((at, at.symlink_metadata().ok()?)))?;
    let what = if at == path { "it".to_owned() } else { at.display().to_string() };
    let user = rustix::process::geteuid().as_raw();
    Some(format!("{what} belongs to {}, and this process runs as {}", name_of(metadata.uid()), name_of(user)))
}

/// Nothing is known of owners here.
#[cfg(not(unix))]
pub fn whose(_: &Path) -> Option<String> {
    None
}

/// The name of a user, or the number where no name is listed.
#[cfg(unix)]
fn name_of(user: u32) -> String {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(user)).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("user {user}"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn missing_right_is_told_with_the_owner_of_the_file_or_of_the_folder_around_it() {
        let folder = tempfile::tempdir().unwrap();
        let me = name_of(rustix::process::geteuid().as_raw());
        let denied = io::Error::from(ErrorKind::PermissionDenied);
        let told = explained(folder.path(), &denied);
        assert!(told.contains(&format!("it belongs to {me}, and this process runs as {me}: run")), "{told}");
        let told = explained(&folder.path().join("a/b.md"), &denied);
        assert!(told.contains(&format!("{} belongs to {me}", folder.path().display())), "{told}");
        let missing = io::Error::from(ErrorKind::NotFound);
        assert_eq!(explained(folder.path(), &missing), missing.to_string());
        assert_eq!(name_of(4_000_000_000), "user 4000000000");
    }

    #[test]
    fn what_root_writes_is_given_to_the_owner_of_the_folder_and_linked_files_are_not() {
        use std::os::unix::fs::{MetadataExt, chown, symlink};
        if !is_root() {
            println!("skipped: only root can give files away");
            return;
        }
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("generations/7/deep")).unwrap();
        let secret = outside.path().join("secret");
        for file in [&at("generations/7/a"), &at("generations/7/deep/b"), &at("other"), &secret] {
            std::fs::write(file, "x").unwrap();
        }
        symlink(&secret, at("generations/7/link")).unwrap();
        std::fs::hard_link(&secret, at("generations/7/hard")).unwrap();
        chown(folder.path(), Some(4_321), Some(4_322)).unwrap();
        hand_over(folder.path(), Path::new("generations/7")).unwrap();
        let owner = |path: &Path| path.symlink_metadata().map(|found| (found.uid(), found.gid())).unwrap();
        for name in ["generations", "generations/7", "generations/7/a", "generations/7/deep/b"] {
            assert_eq!(owner(&at(name)), (4_321, 4_322), "{name}");
        }
        for path in [at("other"), at("generations/7/link"), secret] {
            assert_eq!(owner(&path).0, 0, "{}", path.display());
        }
        symlink(outside.path(), at("generations/8")).unwrap();
        assert!(hand_over(folder.path(), Path::new("generations/8")).is_err());
    }
}
