//! Letting the people of the story in.

use entity::{PasswordHash, PersonId};

use super::Clinic;
use crate::{
    demo::during::{During as _, SeedError},
    domain::{
        event_log::Change,
        secret::Secret,
        sessions::{self, AccessClaims, NewPassword, OpenedSession},
    },
};

impl Clinic<'_> {
    /// Signs somebody in, and gives them the password that they have in the story.
    pub(super) async fn sign_in(
        &mut self,
        key: &'static str,
        person: PersonId,
        password: Option<&str>,
    ) -> Result<(), SeedError> {
        let hash = match password {
            Some(password) => Some(self.hash(password).await?),
            None => None,
        };
        let mut change = Change::begin(self.core, self.organization)
            .await
            .during("signing in")?;
        if let Some(hash) = hash {
            sessions::set_password(&change, person, &hash)
                .await
                .during("setting a password")?;
        }
        let opened = sessions::open(self.core, &mut change, person)
            .await
            .during("signing in")?;
        change.commit().await.during("signing in")?;
        self.enter(key, &opened).await
    }

    async fn hash(&self, password: &str) -> Result<PasswordHash, SeedError> {
        let password =
            NewPassword::parse(&Secret::new(password), &[]).during("choosing a password")?;
        self.core
            .passwords
            .hash(self.core, &password)
            .await
            .during("hashing a password")
    }

    async fn enter(&mut self, key: &'static str, opened: &OpenedSession) -> Result<(), SeedError> {
        let claims = AccessClaims {
            organization: self.organization,
            person: opened.person,
            session: opened.session,
            expires_at: opened.access_token_expires_at,
        };
        let viewer = sessions::viewer(self.core, &claims)
            .await
            .during("signing in")?;
        self.viewers.insert(key, viewer);
        Ok(())
    }
}
