//! Signing in with a password or a one-time code.

use entity::{PasswordHash, PersonId};

use super::{
    account::{self, Account, Credential, MAX_CREDENTIALS, slug},
    codes,
    contact::{Contact, email_key},
    open::{self, OpenedSession},
    password::{self, HashError, NewPassword, PasswordRefused},
    revoke, set_password,
};
use crate::domain::{
    core::Core,
    event_log::Change,
    fault::Fault,
    secret::Secret,
    source::Source,
    throttle::{Door, Knock, TooMany},
};

/// Why somebody is not signed in. None of the reasons tells whether an account exists.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Address, password or code are wrong, used up, or of somebody who is not let in.
    #[error("the credentials are not valid")]
    InvalidCredentials,
    /// The attempts are used up.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// The new password is not taken.
    #[error(transparent)]
    Password(#[from] PasswordRefused),
    /// So many others with the e-mail address have passwords that one more could not be told from theirs.
    #[error("too many share the address")]
    SharedByTooMany,
    /// Too many others are signing in at this moment.
    #[error("the server is too busy")]
    Busy,
    /// The server failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<sea_orm::DbErr> for SignInError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Fault(error.into())
    }
}

impl From<HashError> for SignInError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy,
            HashError::Fault(fault) => fault.into(),
        }
    }
}

/// What signing in leads to.
#[derive(Clone, Debug)]
pub enum SignedIn {
    /// A session.
    Opened(OpenedSession),
    /// The credentials are right for several people: the same again, naming one of them, opens a session.
    Choose(Vec<Account>),
}

/// An e-mail address and a password.
#[derive(Clone, Debug)]
pub struct PasswordSignIn {
    /// The clinic's short name.
    pub organization: String,
    /// The e-mail address of a staff member or patient.
    pub email: Secret,
    /// The password.
    pub password: Secret,
    /// Whose account it is, where several match.
    pub person: Option<PersonId>,
    /// Where the request comes from.
    pub source: Source,
}

/// A contact and the code that was sent there.
#[derive(Clone, Debug)]
pub struct CodeSignIn {
    /// The clinic's short name.
    pub organization: String,
    /// The contact that the code was asked for.
    pub contact: Secret,
    /// The code.
    pub code: Secret,
    /// Whose account it is, where several match.
    pub person: Option<PersonId>,
    /// A password to set at the same time, for those who forgot theirs.
    pub new_password: Option<Secret>,
    /// Where the request comes from.
    pub source: Source,
}

/// Signs a staff member or patient in.
///
/// An unknown address, a wrong password and a person who is not let in cost the same: four statements and
/// [`MAX_CREDENTIALS`] hashes. Success costs eight statements more and the commit.
///
/// # Errors
/// See [`SignInError`].
pub async fn sign_in(core: &Core, request: &PasswordSignIn) -> Result<SignedIn, SignInError> {
    let organization = slug(&request.organization);
    let email = email_key(request.email.reveal());
    let knock = Knock {
        door: Door::SignIn,
        organization: &organization,
        contact: &email,
        source: request.source,
    };
    let outcome = async {
        enter(core, &knock).await?;
        let credentials = account::credentials(core, &organization, &email, request.person).await?;
        let hashes = credentials.iter().map(|c| c.hash.clone()).collect();
        let answers = core
            .passwords
            .matches(&request.password, hashes, MAX_CREDENTIALS)
            .await?;
        let mut right: Vec<_> = credentials
            .into_iter()
            .zip(answers)
            .filter_map(|(credential, right)| right.then_some(credential))
            .collect();
        match (right.pop(), right.is_empty()) {
            (None, _) => Err(SignInError::InvalidCredentials),
            (Some(credential), true) => {
                let opened = open_with_password(core, credential, &request.password).await?;
                Ok(SignedIn::Opened(opened))
            }
            (Some(last), false) => {
                right.push(last);
                let accounts = right.into_iter().map(|credential| credential.account);
                Ok(SignedIn::Choose(accounts.collect()))
            }
        }
    };
    settle(core, &knock, "password", outcome.await).await
}

/// Opens a session unless the password was changed meanwhile, and hashes it anew if that is due.
async fn open_with_password(
    core: &Core,
    credential: Credential,
    password: &Secret,
) -> Result<OpenedSession, SignInError> {
    let person = credential.account.person;
    let hash = if password::is_outdated(&credential.hash) {
        core.passwords.hash_again(core, password).await?
    } else {
        credential.hash.clone()
    };
    let mut change = Change::begin(core, credential.organization).await?;
    if !set_password::replace(&change, person, &credential.hash, &hash).await? {
        return Err(SignInError::InvalidCredentials);
    }
    let opened = open::open(core, &mut change, person).await?;
    change.commit().await?;
    Ok(opened)
}

/// Signs a patient in with a code, and sets a new password if one is given, which ends their other sessions.
///
/// Unknown contacts and wrong codes cost the same seven statements.
///
/// # Errors
/// See [`SignInError`].
pub async fn sign_in_with_code(core: &Core, request: &CodeSignIn) -> Result<SignedIn, SignInError> {
    let organization = slug(&request.organization);
    let clinic = codes::clinic(core, &organization).await?;
    let contact = Contact::parse(request.contact.reveal(), &clinic.region);
    let new_password = request
        .new_password
        .as_ref()
        .map(|password| NewPassword::parse(password, &[contact.key(), &organization]))
        .transpose()?;
    let knock = Knock {
        door: Door::SignIn,
        organization: &organization,
        contact: contact.key(),
        source: request.source,
    };
    let outcome = async {
        enter(core, &knock).await?;
        let tries = if knock.is_familiar(core).await? {
            codes::CODE_TRIES_IN_ALL
        } else {
            codes::CODE_TRIES
        };
        let code = codes::try_code(core, clinic.id, &contact, &request.code, tries).await?;
        let mut holders = account::holders(core.store.reader(), clinic.id, &contact).await?;
        let code = code.ok_or(SignInError::InvalidCredentials)?;
        if let Some(chosen) = request.person {
            holders.retain(|holder| holder.person == chosen);
        }
        match holders.as_slice() {
            [] => Err(SignInError::InvalidCredentials),
            [only] => {
                let hash = match &new_password {
                    Some(password) => Some(core.passwords.hash(core, password).await?),
                    None => None,
                };
                let mut change = Change::begin(core, clinic.id).await?;
                if !codes::spend(core, change.tx(), clinic.id, code).await? {
                    return Err(SignInError::InvalidCredentials);
                }
                let opened = open::open(core, &mut change, only.person).await?;
                if let Some(hash) = hash {
                    set_for_patient(&change, only.person, &hash).await?;
                    revoke::revoke_others(&mut change, only.person, opened.session).await?;
                }
                change.commit().await?;
                Ok(SignedIn::Opened(opened))
            }
            _ => Ok(SignedIn::Choose(holders)),
        }
    };
    settle(core, &knock, "code", outcome.await).await
}

/// Sets the password of a patient, who may share their address, but not with so many that passwords do not tell them
/// apart. Two statements.
async fn set_for_patient(
    change: &Change,
    person: PersonId,
    hash: &PasswordHash,
) -> Result<(), SignInError> {
    if let PersonId::Patient(patient) = person
        && !account::has_room_for_password(change.tx(), change.organization(), patient).await?
    {
        return Err(SignInError::SharedByTooMany);
    }
    set_password::set(change, person, hash).await?;
    Ok(())
}

/// Lets an attempt go on if it is within the limits.
async fn enter(core: &Core, knock: &Knock<'_>) -> Result<(), SignInError> {
    Ok(knock.count(core, core.store.writer()).await??)
}

/// Gives an attempt back when it was right, and notes how it ended. Four statements after success, none otherwise.
async fn settle(
    core: &Core,
    knock: &Knock<'_>,
    method: &'static str,
    outcome: Result<SignedIn, SignInError>,
) -> Result<SignedIn, SignInError> {
    let word = match &outcome {
        Ok(_) => "signed_in",
        Err(
            SignInError::InvalidCredentials
            | SignInError::Password(_)
            | SignInError::SharedByTooMany,
        ) => "refused",
        Err(SignInError::TooMany(_)) => "too_many",
        Err(SignInError::Busy | SignInError::Fault(_)) => "failed",
    };
    metrics::counter!("tidings_sign_ins_total", "method" => method, "outcome" => word).increment(1);
    if outcome.is_ok() {
        knock.was_right(core).await?;
    }
    outcome
}
