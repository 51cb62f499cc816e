//! What the public is told, and that nobody is in it.

use passes::wire::Transparency;
use reference_server::{Clock, Config};
use serde_json::json;

use crate::support::{Asking, START_S, Server, config, embedded};

async fn told(ask: &Asking) -> (Transparency, String) {
    let text = ask.get("/v1/transparency").send().await.unwrap().text().await.unwrap();
    (serde_json::from_str(&text).unwrap(), text)
}

#[tokio::test]
async fn counts_are_told_in_which_nobody_can_be_found() {
    let dir = tempfile::tempdir().unwrap();
    let at =
        |later_s| Config { clock: Clock::StartingAt { start_s: START_S + later_s }, ..config(embedded(dir.path())) };
    let server = Server::start(at(0)).await;
    let ask = server.asking();
    let mut secrets = Vec::new();
    let mut first = None;
    for number in 0..23 {
        let document = format!("document-{number}");
        let token = ask.register(&document).await;
        let pass = ask.pet_pass(&token, "a").await;
        if number < 12 {
            ask.delete(&format!("/v1/passes/{}", pass.pass)).bearer_auth(&token).send().await.unwrap();
        }
        ask.verify(&pass.code).await;
        secrets.extend([document, token.clone(), pass.pass.clone(), pass.code.clone()]);
        first.get_or_insert((token, pass));
    }
    let (token, _) = first.unwrap();
    ask.pass(&token, "b", &json!({"purpose": "groceries"})).send().await.unwrap();

    let (today, text) = told(&ask).await;
    assert_eq!(today.days, [], "the day is not over");
    assert!(!text.contains("23") || !text.contains("\"valid\":11"), "{text}");
    assert_eq!(today.verifications.outcomes["valid"], 10, "of 11");
    assert_eq!(today.verifications.outcomes["cancelled"], 10, "of 12");
    for secret in &secrets {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    // One more pass, one more verification: nobody who looks before and after sees it.
    let again = ask.register("one more").await;
    let pass = ask.pet_pass(&again, "a").await;
    ask.verify(&pass.code).await;
    assert_eq!(told(&ask).await.1, text);
    server.stop().await;

    let server = Server::start(at(86_400)).await;
    let (tomorrow, text) = told(&server.asking()).await;
    let [day] = &tomorrow.days[..] else { panic!("{text}") };
    assert_eq!(day.day, "2020-04-03");
    assert_eq!(day.issued, [("groceries".to_owned(), 0), ("pet".to_owned(), 20)].into(), "of 1 and 24");
    assert_eq!(day.cancelled, [("pet".to_owned(), 10)].into(), "of 12");
    assert!(day.revoked.is_empty());
    assert_eq!(tomorrow.policy.sunset_s, 1_591_909_200, "2020-06-12T00:00+03:00");
    assert_eq!(tomorrow.retention.passes_s, 7 * 86_400, "a quota of a week counts them so long");
    for secret in &secrets {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    server.stop().await;
}
