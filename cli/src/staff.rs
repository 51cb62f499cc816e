//! `lockgate serve --staff FILE`: who verifies, registers in batches and administers.

use std::net::IpAddr;
use std::path::Path;

use reference_server::{Member, Role, Staff};
use serde::Deserialize;
use toml::Spanned;

use crate::bad_file::{BadFile, FileFault, Place};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StaffFile {
    staff: Vec<Spanned<Member>>,
}

/// The staff of a server that listens on `address`. Without a file, anybody is staff on this machine alone, and nobody is where
/// others can reach the server.
///
/// # Errors
/// [`BadFile`] with every fault of the file and its line.
pub(crate) fn of(file: Option<&Path>, address: IpAddr) -> Result<Staff, BadFile> {
    match file {
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .map_err(|error| BadFile::whole(file, format!("cannot be read: {error}; name a staff file")))?;
            parse(file, &text)
        }
        None if address.is_loopback() => Ok(Staff::anybody()),
        None => Ok(Staff::nobody()),
    }
}

/// What whoever starts the server must know about who can use it.
pub(crate) fn warning(staff: &Staff) -> Option<&'static str> {
    match (staff.is_open(), staff.is_empty()) {
        (true, _) => Some(
            "no --staff file: WHOEVER REACHES THIS PORT CAN VERIFY PASSES AND GET THE TOKEN OF ANY RESIDENT by a batch registration. \
             For load tests on this machine only.",
        ),
        (false, true) => Some(
            "no --staff file, and others can reach this address: nobody can verify passes or register residents in batches. Name the \
             staff with --staff FILE (docs/api.md, Staff).",
        ),
        (false, false) => None,
    }
}

fn parse(file: &Path, text: &str) -> Result<Staff, BadFile> {
    let line = |at: usize| Place::Line(file.to_owned(), text[..at.min(text.len())].matches('\n').count() + 1);
    let fault = |place, message| FileFault { place, key: "staff".into(), message };
    let read: StaffFile = toml::from_str(text).map_err(|error| {
        let place = error.span().map_or(Place::Line(file.to_owned(), 0), |span| line(span.start));
        BadFile::of([fault(place, error.message().to_owned())])
    })?;
    let members: Vec<Member> = read.staff.iter().map(|member| member.get_ref().clone()).collect();
    let staff = Staff::new(&members).map_err(|faults| {
        BadFile::of(faults.iter().map(|found| fault(line(read.staff[found.index].span().start), found.to_string())))
    })?;
    let administrators = members.iter().filter(|member| member.role == Role::Administrator).count();
    if administrators == 1 {
        let message = "one administrator cannot revoke anything: it takes two; name another, or none";
        return Err(BadFile::of([fault(Place::Line(file.to_owned(), 0), message.to_owned())]));
    }
    Ok(staff)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "staff.toml";

    fn member(name: &str, role: &str, digit: char) -> String {
        let token_sha256 = digit.to_string().repeat(64);
        format!("[[staff]]\nname = \"{name}\"\nrole = \"{role}\"\ntoken_sha256 = \"{token_sha256}\"\n")
    }

    #[test]
    fn a_staff_file_is_read() {
        let text = member("gate 1", "officer", 'a')
            + &member("chief", "administrator", 'b')
            + &member("deputy", "administrator", 'c');
        let staff = parse(Path::new(FILE), &text).unwrap();
        assert_eq!((staff.len(), staff.is_open(), warning(&staff)), (3, false, None));
    }

    #[test]
    fn every_fault_has_its_line() {
        let text =
            member("gate 1", "officer", 'a') + &member("gate 1", "officer", 'b') + &member("gate 2", "officer", 'a');
        let told = parse(Path::new(FILE), &text).unwrap_err().to_string();
        assert!(told.contains("staff.toml:5") && told.contains("this name is taken"), "{told}");
        assert!(told.contains("staff.toml:9") && told.contains("same token"), "{told}");
        let told = parse(Path::new(FILE), &member("gate 1", "guard", 'a')).unwrap_err().to_string();
        assert!(told.contains("staff.toml:3") && told.contains("guard"), "{told}");
        let told = parse(Path::new(FILE), &member("chief", "administrator", 'a')).unwrap_err().to_string();
        assert!(told.contains("it takes two"), "{told}");
    }

    #[test]
    fn without_a_file_the_address_decides() {
        let here = of(None, "127.0.0.1".parse().unwrap()).unwrap();
        let there = of(None, "192.0.2.1".parse().unwrap()).unwrap();
        assert!(here.is_open() && !there.is_open() && there.is_empty());
        assert!(warning(&here).is_some() && warning(&there).is_some());
    }
}
