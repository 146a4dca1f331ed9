//! What the disk under a folder can do: the measure for everything that is durable.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// A page of a database, and a file of many, written round and round as a write-ahead log is.
const PAGE_SIZE_BYTES: usize = 4096;
const PAGES: u64 = 1024;

/// How often a page can be written and synced (`fdatasync`) in a second, one after the other.
pub(crate) fn syncs_per_second(folder: &Path, duration: Duration) -> Result<f64> {
    let path = folder.join("syncs.tmp");
    let rate =
        count_syncs(&path, duration).with_context(|| format!("{} could not be written", path.display()))?;
    fs::remove_file(&path)?;
    Ok(rate)
}

fn count_syncs(path: &Path, duration: Duration) -> io::Result<f64> {
    let page = [0x4f; PAGE_SIZE_BYTES];
    let offset = |number: u64| (number % PAGES) * PAGE_SIZE_BYTES as u64;
    let file = File::create(path)?;
    for number in 0..PAGES {
        file.write_all_at(&page, offset(number))?;
    }
    file.sync_all()?;

    let started = Instant::now();
    let mut syncs = 0_u32;
    while started.elapsed() < duration {
        file.write_all_at(&page, offset(syncs.into()))?;
        file.sync_data()?;
        syncs += 1;
    }
    Ok(f64::from(syncs) / started.elapsed().as_secs_f64())
}

/// The type of the file system that holds `folder`, as the kernel names it.
pub(crate) fn file_system(folder: &Path) -> String {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    file_system_in(&mounts, &folder).unwrap_or("unknown").to_owned()
}

/// The mount that lies deepest above the folder wins, and of two in one place the later.
fn file_system_in<'a>(mounts: &'a str, folder: &Path) -> Option<&'a str> {
    mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ').skip(1);
            let point = Path::new(fields.next()?);
            Some((point, fields.next()?))
        })
        .filter(|(point, _)| folder.starts_with(point))
        .max_by_key(|(point, _)| point.components().count())
        .map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deepest_mount_names_the_file_system() {
        let mounts = "/dev/a / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/b /tmp/x xfs rw 0 0\n";
        assert_eq!(file_system_in(mounts, Path::new("/srv/data")), Some("ext4"));
        assert_eq!(file_system_in(mounts, Path::new("/tmp/y")), Some("tmpfs"));
        assert_eq!(file_system_in(mounts, Path::new("/tmp/x/y")), Some("xfs"));
        assert_eq!(file_system_in("", Path::new("/")), None);
    }

    #[test]
    fn syncs_are_counted_and_leave_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert!(syncs_per_second(folder.path(), Duration::from_millis(5)).unwrap() > 0.0);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
