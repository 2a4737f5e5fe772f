//! The matrix as a page that a clinician can review.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::Row;
use super::actor::Actor;
use super::operation::Root;
use super::rule::Outcome;

const INTRODUCTION: &str = "\
# Who may do what

Each line is one operation of the API, asked about one patient of a clinic; each column is somebody who asks. The page is
written by the test `access_matrix` from what a real server answered, on both databases, and the test fails when the
server answers otherwise. Operations that name no patient, such as `me` or `staff`, are about the asker and the asker's own
clinic. No answer to those of another clinic held an id of this clinic, and no answer to those for whom the patient is absent held one
of his. To accept a change, run it with `TIDINGS_UPDATE=1` and review the difference.

| cell | meaning |
|---|---|
| **yes** | The operation did what it is for. |
| nothing | A list was given, and the patient, or what was prepared at the clinic, does not stand in it; or there is none of what was asked for. |
| unseen | The operation did what it is for, and what it did is out of the asker's reach. |
| sign in | Refused, because nobody is signed in (`UNAUTHENTICATED`). |
| no | Refused, because the role does not reach that far (`FORBIDDEN`). |
| absent | Refused with the same answer as for something that never existed (`NOT_FOUND`). |

The columns are:

- **nobody signed in**: a request without a token.
- **clinician**, **administrator** and **patient of another clinic**: of another organization on the same server.
- **another patient** and **the patient**: both enrolled in the portal of this clinic.
- **restricted clinician**: a nurse who is restricted from the only program that the patient is enrolled in.
- **off the team, `TEAM`**: a doctor who is not in the patient's panel, in a clinic whose policy lets staff reach only
  their own patients.
- **off the team**: the same doctor under the default policy, `TEAM_PLUS_SEARCH`.
- **on the team**: a nurse of the patient's care team.
- **administrator**: an administrator who is no clinician. Administrators see no messages.
";

/// Compares what was observed with the page, or writes the page if `TIDINGS_UPDATE` is set.
pub(super) fn compare(rows: &[Row]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/access-matrix.md");
    let observed = page(rows);
    if std::env::var_os("TIDINGS_UPDATE").is_some() {
        fs::write(&path, &observed).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == observed,
        "docs/access-matrix.md is not what the server does; run this test with TIDINGS_UPDATE=1 and review the difference"
    );
}

fn page(rows: &[Row]) -> String {
    let mut page = INTRODUCTION.to_owned();
    for root in Root::ALL {
        writeln!(page, "\n## {}\n", root.heading()).unwrap();
        let titles: Vec<_> = Actor::ALL.iter().map(|actor| actor.title()).collect();
        writeln!(page, "| operation | {} |", titles.join(" | ")).unwrap();
        writeln!(page, "|---|{}", "---|".repeat(titles.len())).unwrap();
        let mut lines: Vec<_> = rows.iter().filter(|row| row.root == root).collect();
        lines.sort_by_key(|row| row.field);
        for row in lines {
            let cells: Vec<_> = row.outcomes.iter().map(cell).collect();
            writeln!(page, "| `{}` | {} |", row.field, cells.join(" | ")).unwrap();
        }
    }
    page
}

fn cell(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Done => "**yes**",
        Outcome::Nothing => "nothing",
        Outcome::Withheld => "unseen",
        Outcome::Refused(code) => match code.as_str() {
            "UNAUTHENTICATED" => "sign in",
            "FORBIDDEN" => "no",
            "NOT_FOUND" => "absent",
            other => other,
        },
    }
}
