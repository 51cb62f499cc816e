//! What administrators do, and the trail it leaves.

use passes::{PassId, Purpose};
use reference_server::audit::{ActKind, Entry, Head, verify};
use reference_server::store::{Act, Acted, Ended, IssuedBetween, OPEN_PROPOSALS, ProposalId, Store};

use super::{DAY, issued, on_every_store, proposal, registration, resident, unlimited};
use crate::support::START_S;

const ONE: ProposalId = ProposalId([1; 8]);

fn approval(by: &str, at_s: i64) -> Act {
    Act::Approve { id: ONE, by: by.into(), at_s, day: DAY }
}

/// The whole log, found unbroken and told in words.
async fn log(store: &dyn Store) -> Vec<String> {
    let entries = store.audit_log(0, 1_000).await.unwrap();
    let head = store.audit_head().await.unwrap();
    assert_eq!(verify(Head::default(), &entries, head), Ok(()));
    assert_eq!(head.entries, entries.len() as u64);
    let told = |Entry { by, act, detail, .. }: &Entry| format!("{by} {}: {detail}", act.name());
    entries.iter().map(told).collect()
}

#[tokio::test]
async fn it_takes_two_to_revoke() {
    on_every_store(async |store| {
        store.register(vec![registration(1, None)]).await.unwrap();
        let (first, second) =
            (issued(&**store, unlimited(1, 1)).await.pass, issued(&**store, unlimited(1, 2)).await.pass);
        let proposed = proposal(ONE, "chief", vec![first, second], START_S);
        assert_eq!(store.act(approval("deputy", START_S)).await.unwrap(), Acted::NoProposal);
        assert_eq!(store.act(Act::Propose(proposed.clone())).await.unwrap(), Acted::Done);
        assert_eq!(store.proposals(START_S).await.unwrap(), std::slice::from_ref(&proposed));
        assert_eq!(store.find(first).await.unwrap().unwrap().revoked_s, None, "proposed is not revoked");
        assert_eq!(store.act(approval("chief", START_S)).await.unwrap(), Acted::OwnProposal);
        assert_eq!(store.find(first).await.unwrap().unwrap().revoked_s, None);
        assert_eq!(store.act(approval("deputy", START_S + 9)).await.unwrap(), Acted::Revoked { passes: 2 });
        for pass in [first, second] {
            assert_eq!(store.find(pass).await.unwrap().unwrap().revoked_s, Some(START_S + 9));
        }
        assert_eq!(store.act(approval("deputy", START_S + 10)).await.unwrap(), Acted::ApprovedBefore);
        assert!(store.proposals(START_S).await.unwrap()[0].approved);

        let told = log(&**store).await;
        assert_eq!(told.len(), 5, "{told:?}");
        assert_eq!(told[0], "deputy refused: approval of proposal 0101010101010101: there is none");
        assert!(told[1].starts_with("chief proposed: proposal 0101010101010101; 2 passes, sha256 "), "{}", told[1]);
        assert!(told[1].ends_with("; reason: a law"), "{}", told[1]);
        assert_eq!(told[2], "chief refused: approval of proposal 0101010101010101: it is their own");
        assert_eq!(told[3], "deputy approved: proposal 0101010101010101; 2 passes revoked");
        assert_eq!(told[4], "deputy refused: approval of proposal 0101010101010101: it is approved already");
        let page = store.audit_log(3, 1).await.unwrap();
        assert_eq!((page.len(), page[0].number, page[0].act), (1, 4, ActKind::Approved));
    })
    .await;
}

#[tokio::test]
async fn a_proposal_lapses() {
    on_every_store(async |store| {
        store.register(vec![registration(1, None)]).await.unwrap();
        let pass = issued(&**store, unlimited(1, 1)).await.pass;
        let proposed = proposal(ONE, "chief", vec![pass], START_S);
        store.act(Act::Propose(proposed.clone())).await.unwrap();
        assert_eq!(store.proposals(proposed.lapses_s - 1).await.unwrap().len(), 1);
        assert_eq!(store.proposals(proposed.lapses_s).await.unwrap(), []);
        assert_eq!(store.act(approval("deputy", proposed.lapses_s)).await.unwrap(), Acted::NoProposal);
        assert_eq!(store.find(pass).await.unwrap().unwrap().revoked_s, None);
        assert_eq!(store.proposals(START_S).await.unwrap(), [], "its names are gone");
    })
    .await;
}

#[tokio::test]
async fn only_so_many_proposals_wait() {
    on_every_store(async |store| {
        let propose = |number: usize| {
            let id = ProposalId([number as u8; 8]);
            store.act(Act::Propose(proposal(id, "chief", vec![PassId::from_bytes([7; 16])], START_S)))
        };
        for number in 0..OPEN_PROPOSALS {
            assert_eq!(propose(number).await.unwrap(), Acted::Done);
        }
        assert_eq!(propose(OPEN_PROPOSALS).await.unwrap(), Acted::TooMany);
        assert_eq!(store.act(approval("deputy", START_S)).await.unwrap(), Acted::Revoked { passes: 0 }, "no such pass");
        assert_eq!(propose(OPEN_PROPOSALS).await.unwrap(), Acted::Done);
        assert_eq!(store.act(Act::Forget { at_s: START_S + 86_400 }).await.unwrap(), Acted::Done);
        assert_eq!(store.proposals(START_S).await.unwrap(), []);
        assert_eq!(log(&**store).await.len(), OPEN_PROPOSALS + 3, "to forget is no act");
    })
    .await;
}

#[tokio::test]
async fn withdrawals_are_counted_once_by_day_and_purpose() {
    on_every_store(async |store| {
        store.register(vec![registration(1, None)]).await.unwrap();
        let mut passes = Vec::new();
        for number in 0..4 {
            let purpose = if number == 3 { Purpose::Pet } else { Purpose::Groceries };
            let mut new = unlimited(1, number);
            new.purpose = purpose;
            passes.push(issued(&**store, new).await.pass);
        }
        for _ in 0..2 {
            assert!(store.cancel(passes[0], resident(1), DAY).await.unwrap());
            assert!(store.cancel(passes[3], resident(1), DAY + 1).await.unwrap());
            super::revoke(&**store, vec![passes[1], passes[2], passes[0]], START_S).await;
        }
        let mut ended = store.ended().await.unwrap();
        ended.sort();
        let groceries = Ended { day: DAY, purpose: Purpose::Groceries, cancelled: 1, revoked: 3 };
        assert_eq!(ended, [groceries, Ended { day: DAY + 1, purpose: Purpose::Pet, cancelled: 1, revoked: 0 }]);
    })
    .await;
}

#[tokio::test]
async fn passes_are_selected_by_when_they_were_issued() {
    on_every_store(async |store| {
        let selected = async |from: i64, until: i64, purpose, at_most| {
            let (from_s, until_s) = (START_S + from, START_S + until);
            store.issued(IssuedBetween { from_s, until_s, purpose, now_s: START_S + 5, at_most }).await.unwrap()
        };
        assert_eq!(selected(0, 10, None, 10).await, Some(vec![]));
        store.register(vec![registration(1, None)]).await.unwrap();
        let mut passes = Vec::new();
        for number in 0..6_u8 {
            let mut new = unlimited(1, number);
            new.issued_s += i64::from(number);
            new.purpose = if number % 2 == 0 { Purpose::Groceries } else { Purpose::Pet };
            new.window.until_s = if number == 2 { START_S + 5 } else { START_S + 600 };
            passes.push(issued(&**store, new).await.pass);
        }
        assert_eq!(selected(1, 4, None, 3).await, Some(vec![passes[1], passes[3]]), "the other is over");
        assert_eq!(selected(1, 4, None, 2).await, None, "too many");
        assert_eq!(selected(0, 100, Some(Purpose::Groceries), 6).await, Some(vec![passes[0], passes[4]]));
        assert_eq!(selected(6, 100, None, 6).await, Some(vec![]));
        super::revoke(&**store, vec![passes[0]], START_S).await;
        assert_eq!(selected(0, 1, None, 6).await, Some(vec![]), "revoked already");
    })
    .await;
}
