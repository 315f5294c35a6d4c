//! What is to become of a reference whose object is gone.

use serde::{Deserialize, Serialize};

use super::rows::FileRow;
use crate::profiles::mastodon::keys::Attachment;

/// What was found about the file of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// The original is gone.
    Dead,
    /// The original was deleted on a versioned bucket: it can be brought back as it was.
    Restorable,
    /// The original is there, a picture made from it is not.
    Degraded,
    /// It is there, in an archive class that cannot be read.
    Archived,
    /// It is there, or not: this caller is refused.
    Refused,
    /// The store gave no clear answer.
    Unclear,
    /// The row names no file, but an address where there is one.
    Pruned,
}

/// What the database says of the server that a file came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DomainRules {
    /// Its media are not taken (the longest matching domain block says so).
    pub rejects_media: bool,
    /// Nothing has been delivered to it for a week.
    pub is_unavailable: bool,
    /// Limited federation is on, and it is not on the list.
    pub is_not_allowed: bool,
}

/// What becomes of avatars and headers of local accounts that are lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LocalPictures {
    /// They are reported.
    #[default]
    Report,
    /// Their references are emptied: the default picture stands where a broken one did.
    Clear,
}

/// What is done about a dead reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// The columns are emptied, and a job fetches the file again.
    Refetch,
    /// The columns are emptied; the application fetches the file when somebody needs it.
    ClearOnly,
    /// Only a job: there is nothing to empty.
    JobOnly,
    /// The columns are emptied, and the default picture is shown from then on.
    Default,
    /// Nothing can be done from here: it is reported.
    Lost(Why),
}

/// Why a reference is only reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It was uploaded here: only its owner has it.
    Local,
    /// The account is suspended, so no worker fetches for it.
    Suspended,
    /// No address of it is known.
    NoAddress,
    /// Media of its server are not taken.
    RejectsMedia,
    /// Its server has been away for long.
    Unavailable,
    /// Its server is not among those that this one talks to.
    NotAllowed,
}

impl Why {
    /// For people.
    pub fn text(self) -> &'static str {
        match self {
            Self::Local => "uploaded here, so nobody else has it",
            Self::Suspended => "the account is suspended",
            Self::NoAddress => "no address of it is known",
            Self::RejectsMedia => "media of its server are rejected",
            Self::Unavailable => "its server is unavailable",
            Self::NotAllowed => "its server is not on the list of limited federation",
        }
    }
}

/// The class of a worker and how often Sidekiq tries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worker {
    /// The class.
    pub class: &'static str,
    /// Tries after the first; a job that is pushed from outside does not inherit them.
    pub retries: u8,
}

/// The worker that fetches a kind of file again.
pub fn worker(attachment: Attachment) -> Option<Worker> {
    let (class, retries) = match attachment {
        Attachment::Avatar => ("RedownloadAvatarWorker", 7),
        Attachment::Header => ("RedownloadHeaderWorker", 7),
        Attachment::Media | Attachment::Thumbnail => ("RedownloadMediaWorker", 3),
        _ => return None,
    };
    Some(Worker { class, retries })
}

/// What becomes of a row whose original is gone for good.
pub fn fate(
    attachment: Attachment,
    row: &FileRow,
    rules: DomainRules,
    local: LocalPictures,
) -> Fate {
    use Attachment::{Avatar, Backup, Card, Emoji, Header, Import, Media, SiteUpload, Thumbnail};
    match attachment {
        // The file itself is its only copy.
        SiteUpload | Backup | Import => Fate::Lost(Why::Local),
        // No address of the picture is kept: it comes when the link is posted again.
        Card => Fate::ClearOnly,
        Avatar | Header if !row.is_remote && local == LocalPictures::Clear => Fate::Default,
        _ if !row.is_remote => Fate::Lost(Why::Local),
        _ if row.is_suspended => Fate::Lost(Why::Suspended),
        _ if rules.is_not_allowed => Fate::Lost(Why::NotAllowed),
        _ if rules.rejects_media => Fate::Lost(Why::RejectsMedia),
        _ if rules.is_unavailable => Fate::Lost(Why::Unavailable),
        Avatar | Header | Media if row.remote_url.is_none() => Fate::Lost(Why::NoAddress),
        Avatar | Header => Fate::Refetch,
        // Whoever looks at media fetches them; only what is new is fetched before.
        Media | Thumbnail if row.is_recent && row.remote_url.is_some() => Fate::Refetch,
        // For emoji there is no worker: the next post that uses one brings it.
        Media | Thumbnail | Emoji => Fate::ClearOnly,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote() -> FileRow {
        FileRow {
            id: 1,
            is_remote: true,
            remote_url: Some("https://r/a.png".into()),
            ..FileRow::default()
        }
    }

    fn check(attachment: Attachment, row: &FileRow, expected: Fate) {
        let found = fate(attachment, row, DomainRules::default(), LocalPictures::Report);
        assert_eq!(found, expected, "{attachment:?} {row:?}");
    }

    #[test]
    fn remote_files_come_back() {
        let recent = FileRow { is_recent: true, ..remote() };
        let nowhere = FileRow { remote_url: None, ..remote() };
        for picture in [Attachment::Avatar, Attachment::Header] {
            check(picture, &remote(), Fate::Refetch);
            check(picture, &nowhere, Fate::Lost(Why::NoAddress));
        }
        check(Attachment::Media, &remote(), Fate::ClearOnly);
        check(Attachment::Media, &recent, Fate::Refetch);
        check(Attachment::Media, &nowhere, Fate::Lost(Why::NoAddress));
        check(Attachment::Thumbnail, &recent, Fate::Refetch);
        check(Attachment::Thumbnail, &nowhere, Fate::ClearOnly);
        check(Attachment::Emoji, &remote(), Fate::ClearOnly);
        check(Attachment::Card, &FileRow::default(), Fate::ClearOnly);
    }

    #[test]
    fn what_was_uploaded_here_is_never_emptied_unasked() {
        for attachment in Attachment::ALL {
            if attachment != Attachment::Card {
                check(attachment, &FileRow::default(), Fate::Lost(Why::Local));
            }
            let asked =
                fate(attachment, &FileRow::default(), DomainRules::default(), LocalPictures::Clear);
            let is_picture = matches!(attachment, Attachment::Avatar | Attachment::Header);
            assert_eq!(asked == Fate::Default, is_picture, "{attachment:?}: media need their file");
        }
    }

    #[test]
    fn rules_about_servers_are_obeyed() {
        for (rules, why) in [
            (DomainRules { rejects_media: true, ..DomainRules::default() }, Why::RejectsMedia),
            (DomainRules { is_unavailable: true, ..DomainRules::default() }, Why::Unavailable),
            (DomainRules { is_not_allowed: true, ..DomainRules::default() }, Why::NotAllowed),
        ] {
            for attachment in
                [Attachment::Avatar, Attachment::Header, Attachment::Media, Attachment::Emoji]
            {
                let found = fate(attachment, &remote(), rules, LocalPictures::Report);
                assert_eq!(found, Fate::Lost(why));
            }
        }
        let suspended = FileRow { is_suspended: true, ..remote() };
        check(Attachment::Avatar, &suspended, Fate::Lost(Why::Suspended));
    }
}
