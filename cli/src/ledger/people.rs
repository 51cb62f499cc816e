//! What residents and officers do, one after the other: no measurement, only that it is done.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::bail;
use demand::RequestKind;
use loadgen::{Answered, Call, Caller};
use passes::wire::{self, IssuedPass, KeySet, Registered, Verification, VerificationRequest};
use passes::{Channel, Key, Purpose, SchemeKind};
use serde::Serialize;

use super::site::officer_token;

/// A server that is busy is asked again so often, after such a pause.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(250);

/// Who asks which server in which words.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) caller: Caller,
    pub(super) scheme: SchemeKind,
    /// Whether officers say where they are: a server that logs no checks refuses to hear it.
    pub(super) tells_place: bool,
    /// What the server publishes; for phones.
    pub(super) keys: Vec<Key>,
}

/// A resident with a phone.
#[derive(Clone, Debug)]
pub(super) struct Resident {
    pub(super) document: String,
    pub(super) token: Option<String>,
    pub(super) passes: HashMap<Purpose, Held>,
    /// Requests so far: each has an idempotency key of its own.
    asked: u64,
}

/// A pass that a resident holds.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) pass: String,
    pub(super) code: String,
}

/// Who checks, and where that is.
#[derive(Clone, Debug)]
pub(super) struct Checkpoint {
    pub(super) officer: u32,
    pub(super) place: String,
}

/// What came of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// It was done.
    Yes,
    /// It was refused, or there was nothing to do it with.
    No,
}

impl Resident {
    /// A resident whose identity document has the number `document`.
    pub(super) fn new(document: String) -> Self {
        Resident { document, token: None, passes: HashMap::new(), asked: 0 }
    }

    /// A key that no other request has.
    fn key(&mut self) -> String {
        self.asked += 1;
        format!("{}-{}", self.document, self.asked)
    }
}

impl Service {
    /// Learns which keys the server publishes now.
    pub(super) async fn fetch_keys(&mut self) -> anyhow::Result<()> {
        let set: Option<KeySet> = self.caller.call::<()>(Call::Get, "/v1/keys", None, None).await?.read();
        self.keys = set.iter().flat_map(|set| &set.keys).map(Key::from_wire).collect::<Result<_, _>>()?;
        Ok(())
    }

    /// Does what `kind` says, at `now_s` by the server's clock.
    pub(super) async fn act(
        &self,
        kind: RequestKind,
        resident: &mut Resident,
        purpose: Purpose,
        now_s: i64,
        checkpoint: &Checkpoint,
    ) -> anyhow::Result<Done> {
        match kind {
            RequestKind::Register => self.register(resident).await,
            RequestKind::Issue => self.issue(resident, purpose, now_s).await,
            RequestKind::Cancel => self.cancel(resident, purpose).await,
            RequestKind::CheckIn => self.check_in(resident).await,
            RequestKind::Verify => self.check(resident, purpose, checkpoint).await,
        }
    }

    async fn register(&self, resident: &mut Resident) -> anyhow::Result<Done> {
        let registration = wire::Registration { document: resident.document.clone(), channel: Channel::Web };
        let key = resident.key();
        let answer = self.ask(Call::Post(&registration), "/v1/residents", None, Some(&key)).await?;
        let registered: Option<Registered> = answer.read();
        let done = if registered.is_some() { Done::Yes } else { Done::No };
        resident.token = registered.map(|registered| registered.token).or(resident.token.take());
        Ok(done)
    }

    async fn issue(&self, resident: &mut Resident, purpose: Purpose, now_s: i64) -> anyhow::Result<Done> {
        let Some(token) = resident.token.clone() else { return Ok(Done::No) };
        let key = resident.key();
        // Used once and never told, which is all that counting asks of it; a real phone draws it at random.
        let mut secret = [0; 32];
        secret.iter_mut().zip(key.bytes().rev()).for_each(|(secret, byte)| *secret = byte);
        // A day and purpose without a key: nothing can be asked.
        let Ok(asking) = self.scheme.ask(&self.keys, purpose, now_s, secret) else { return Ok(Done::No) };
        let request = wire::PassRequest { purpose, valid_from_s: None, duration_s: None, blinded: asking.blinded() };
        let answer = self.ask(Call::Post(&request), "/v1/passes", Some(&token), Some(&key)).await?;
        let Some(issued) = answer.read::<IssuedPass>() else { return Ok(Done::No) };
        let held = Held { code: asking.code(&issued)?, pass: issued.pass };
        resident.passes.insert(purpose, held);
        Ok(Done::Yes)
    }

    async fn cancel(&self, resident: &mut Resident, purpose: Purpose) -> anyhow::Result<Done> {
        let (Some(token), Some(held)) = (&resident.token, resident.passes.remove(&purpose)) else {
            return Ok(Done::No);
        };
        let path = format!("/v1/passes/{}", held.pass);
        let answer = self.ask::<()>(Call::Delete, &path, Some(token), None).await?;
        Ok(if answer.status == 204 { Done::Yes } else { Done::No })
    }

    async fn check_in(&self, resident: &Resident) -> anyhow::Result<Done> {
        let Some(token) = &resident.token else { return Ok(Done::No) };
        let answer = self.ask(Call::Post(&wire::CheckIn {}), "/v1/check-ins", Some(token), None).await?;
        Ok(if answer.status == 204 { Done::Yes } else { Done::No })
    }

    /// An officer looks at a pass. What can be verified by itself is, and the centre does not hear of it.
    async fn check(&self, resident: &Resident, purpose: Purpose, checkpoint: &Checkpoint) -> anyhow::Result<Done> {
        let Some(held) = resident.passes.get(&purpose) else { return Ok(Done::No) };
        if self.scheme != SchemeKind::Signed {
            self.verify(&held.code, checkpoint).await?;
        }
        Ok(Done::Yes)
    }

    /// Asks the centre whether `code` holds.
    pub(super) async fn verify(&self, code: &str, checkpoint: &Checkpoint) -> anyhow::Result<bool> {
        let place = self.tells_place.then(|| checkpoint.place.clone());
        let request = VerificationRequest { code: code.to_owned(), place };
        let token = officer_token(checkpoint.officer);
        let answer = self.ask(Call::Post(&request), "/v1/verifications", Some(&token), None).await?;
        match answer.read::<Verification>() {
            Some(verification) => Ok(verification.valid),
            None => bail!("the server answered {} to officer {}", answer.status, checkpoint.officer),
        }
    }

    /// Asks until the server is not too busy to answer.
    async fn ask<B: Serialize + Sync>(
        &self,
        call: Call<'_, B>,
        path: &str,
        token: Option<&str>,
        key: Option<&str>,
    ) -> anyhow::Result<Answered> {
        for _ in 0..TRIES {
            let answer = self.caller.call(call, path, token, key).await?;
            match answer.status {
                429 | 503 => tokio::time::sleep(PAUSE).await,
                500.. => bail!("the server failed: {} to {path}", answer.status),
                _ => return Ok(answer),
            }
        }
        bail!("the server is too busy for {path}; give it a quieter machine")
    }
}
