//! A rush, in pretended time: what is asked at ten times the capacity of a slow store, and what is answered rightly and in time.
//!
//! The router is asked directly and time is the test's own, so nothing here depends on the machine: requests come at their
//! instants whatever becomes of those before (an open loop), and are right when they are answered with what was asked for within
//! the objective.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use passes::wire::Registered;
use passes::{Policy, Purpose, PurposeRule};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::{App, router};
use crate::{Clock, Config, Faults, StoreKind};

/// Four at a time, ten milliseconds each.
const SLOW: &str = "slots=4x10ms";
const CAPACITY_PER_S: usize = 400;
const OBJECTIVE: Duration = Duration::from_millis(250);
/// 2020-04-03T13:00+03:00.
const START_S: i64 = 1_585_908_000;
/// Of each second's requests at the usable load, so many are officers'.
const CHECKS_PER_S: usize = 40;
const USABLE_PER_S: usize = 360;

/// So many residents ask in turn: few passes each, as in life.
const RESIDENTS: usize = 100;

type Routes = TowerToHyperService<axum::Router>;

fn routes(faults: &[&str]) -> Routes {
    let purposes = [(Purpose::Pet, PurposeRule::lasting(60))];
    let policy = Policy::new("2020-04-02T12:00".parse().unwrap(), "2020-06-12T00:00".parse().unwrap(), purposes.into());
    let config = Config {
        clock: Clock::StartingAt { start_s: START_S },
        faults: Faults::parse(faults).unwrap(),
        ..Config::new(StoreKind::Memory, policy.rules(3 * 3_600))
    };
    TowerToHyperService::new({
        let app = Arc::new(App::open(config).unwrap());
        router(&app, &app.front)
    })
}

fn post(path: &str, body: &str) -> axum::http::request::Builder {
    let request = Request::builder().method(Method::POST).uri(path).header("content-type", "application/json");
    request.header("content-length", body.len())
}

async fn token(routes: &Routes, number: usize) -> String {
    let body = format!("{{\"document\":\"{number}\",\"channel\":\"web\"}}");
    let request = post("/v1/residents", &body).body(Body::from(body)).unwrap();
    let answer = routes.call(request).await.unwrap();
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice::<Registered>(&body).unwrap().token
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Issue,
    Check,
}

/// One second of a rush: what was asked, and what of it was right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Second {
    issues: usize,
    issued: usize,
    checks: usize,
    checked: usize,
}

/// Asks at `per_s[n]` issues a second in second n, and for [`CHECKS_PER_S`] checks in each, evenly spread.
async fn rush(routes: &Routes, per_s: &[usize]) -> Vec<Second> {
    let mut tokens = Vec::new();
    for number in 0..RESIDENTS {
        tokens.push(token(routes, number).await);
    }
    let began = Instant::now();
    let mut asked: Vec<(usize, Ask, JoinHandle<bool>)> = Vec::new();
    for (second, issues) in per_s.iter().enumerate() {
        let mut instants: Vec<(u64, Ask)> = Vec::new();
        for (count, ask) in [(*issues, Ask::Issue), (CHECKS_PER_S, Ask::Check)] {
            instants.extend((0..count as u64).map(|number| (number * 1_000_000 / count as u64, ask)));
        }
        instants.sort_by_key(|(us, _)| *us);
        for (us, ask) in instants {
            sleep_until(began + Duration::from_secs(second as u64) + Duration::from_micros(us)).await;
            let key = asked.len();
            asked.push((
                second,
                ask,
                tokio::spawn(is_right(routes.clone(), ask, tokens[key % RESIDENTS].clone(), key)),
            ));
        }
    }
    let mut seconds = vec![Second::default(); per_s.len()];
    for (second, ask, right) in asked {
        let right = usize::from(right.await.unwrap());
        let Second { issues, issued, checks, checked } = &mut seconds[second];
        let (count, rightly) = if ask == Ask::Issue { (issues, issued) } else { (checks, checked) };
        *count += 1;
        *rightly += right;
    }
    seconds
}

async fn is_right(routes: Routes, ask: Ask, token: String, key: usize) -> bool {
    let began = Instant::now();
    let (request, right) = match ask {
        Ask::Issue => {
            let body = "{\"purpose\":\"pet\"}";
            let request = post("/v1/passes", body).header("authorization", format!("Bearer {token}"));
            (request.header("idempotency-key", key.to_string()).body(Body::from(body)), StatusCode::CREATED)
        }
        Ask::Check => {
            let body = "{\"code\":\"nonsense\"}";
            (post("/v1/verifications", body).body(Body::from(body)), StatusCode::OK)
        }
    };
    let answer = routes.call(request.unwrap()).await.unwrap();
    answer.status() == right && began.elapsed() <= OBJECTIVE
}

#[tokio::test(start_paused = true)]
async fn at_ten_times_the_load_goodput_stays_and_recovers() {
    let usual = USABLE_PER_S - CHECKS_PER_S;
    let steps = [(3, 1), (3, 2), (3, 5), (5, 10), (4, 1)];
    let per_s: Vec<usize> = steps.iter().flat_map(|(seconds, times)| vec![usual * times; *seconds]).collect();
    let seconds = rush(&routes(&[SLOW]), &per_s).await;
    // A rush that begins from one moment to the next looks like a pause of the disk at first: it costs some officers a moment.
    for (number, second) in seconds.iter().enumerate() {
        let least = if number == 3 { second.checks * 3 / 4 } else { second.checks * 9 / 10 };
        assert!(second.checked >= least, "officers were sent away or kept waiting in second {number}: {seconds:?}");
    }
    let goodput = |from: usize, until: usize| {
        seconds[from..until].iter().map(|second| second.issued + second.checked).sum::<usize>() / (until - from)
    };
    let (usable, twice, ten_times) = (goodput(0, 3), goodput(3, 6), goodput(9, 14));
    let peak = usable.max(twice).max(goodput(6, 9)).max(ten_times);
    assert_eq!(usable, USABLE_PER_S, "at the usable load all are served: {seconds:?}");
    assert!(peak <= CAPACITY_PER_S * 11 / 10, "more than there is: {peak} of {seconds:?}");
    assert!(10 * ten_times >= 9 * peak, "{ten_times}/s is below 90 % of {peak}/s: {seconds:?}");
    for second in &seconds[16..] {
        assert_eq!(second.issued, second.issues, "two seconds after the rush all are served: {seconds:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_stall_all_are_served_within_two_seconds() {
    let usual = USABLE_PER_S - CHECKS_PER_S;
    // The residents take a second to register: the rush begins a second after the server.
    let seconds = rush(&routes(&[SLOW, "stall=3s@3s"]), &[usual; 10]).await;
    for (number, second) in seconds.iter().enumerate().filter(|(number, _)| !(2..7).contains(number)) {
        assert_eq!((second.issued, second.checked), (second.issues, second.checks), "second {number} of {seconds:?}");
    }
}
