//! A share of one processor, as Lambda gives a small function: a control group with a quota.

use std::fs;
use std::path::{Path, PathBuf};

/// Lambda's smallest function has 128 of the 1,769 MB that make one processor.
pub const SHARE: u32 = 14;
/// Microseconds. How Lambda divides time is not documented; short periods are the strictest that a kernel takes this quota in.
const PERIOD: u32 = 20_000;

/// A group whose processes share one fourteenth of a processor.
pub struct Slow {
    group: PathBuf,
}

impl Slow {
    /// The group, or why there is none.
    pub fn new() -> Result<Self, String> {
        let name = format!("voicetill-bench-{}", std::process::id());
        let (first, second) = (Path::new("/sys/fs/cgroup/cpu"), Path::new("/sys/fs/cgroup"));
        let parent = if first.is_dir() { first } else { second };
        let group = parent.join(name);
        let said = |error: std::io::Error| format!("no control group under {}: {error}", parent.display());
        fs::create_dir(&group).map_err(said)?;
        let slow = Self { group };
        let quota = PERIOD / SHARE;
        if parent == first {
            slow.write("cpu.cfs_period_us", &PERIOD.to_string()).and_then(|()| slow.write("cpu.cfs_quota_us", &quota.to_string()))
        } else {
            slow.write("cpu.max", &format!("{quota} {PERIOD}"))
        }
        .map_err(said)?;
        Ok(slow)
    }

    /// From now on, the process gets its share and no more.
    pub fn take(&self, pid: u32) {
        self.write("cgroup.procs", &pid.to_string()).unwrap();
    }

    fn write(&self, file: &str, text: &str) -> std::io::Result<()> {
        fs::write(self.group.join(file), text)
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        // What is left of it does nothing.
        let _ = fs::remove_dir(&self.group);
    }
}
