//! How much memory and processor time this process, or another, has used.

/// Peak resident set of this process in bytes, from the kernel; zero where it does not tell.
pub(super) fn peak_bytes() -> u64 {
    peak_bytes_of("self")
}

/// The same of the process with this id.
pub(super) fn peak_bytes_of(pid: &str) -> u64 {
    bytes_of(pid, "VmHWM:")
}

/// Resident set of this process now, in bytes; zero where the kernel does not tell.
pub(super) fn resident_bytes() -> u64 {
    bytes_of("self", "VmRSS:")
}

fn bytes_of(pid: &str, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|text| text.strip_prefix(line)).unwrap_or_default();
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap_or(0);
    kib * 1024
}

/// Forgets the peak so far, where the kernel allows it.
pub(super) fn reset_peak() {
    // Refused without the right to; then the peak is that of the whole run, which is only stricter.
    let _refused = std::fs::write("/proc/self/clear_refs", "5");
}

/// Processor time of this process so far, in seconds; zero where the kernel does not tell.
pub(super) fn cpu_seconds() -> f64 {
    cpu_seconds_of("self")
}

/// The same of the process with this id.
pub(super) fn cpu_seconds_of(pid: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // Fields after the name in parentheses; utime and stime are the 12th and 13th, in ticks.
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    let ticks: u32 = fields.skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
    f64::from(ticks) / 100.0
}

/// Bytes that this process has had written so far; zero where the kernel does not tell.
pub(super) fn written_bytes() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|bytes| bytes.parse().ok()).unwrap_or(0)
}
