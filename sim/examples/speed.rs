use sim::*;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let days: u16 = args[1].parse().unwrap();
    let threads: usize = args[2].parse().unwrap();
    let scale: f64 = args.get(3).map_or(1.0, |s| s.parse().unwrap());
    let all = read_places(std::fs::File::open("scenarios/places/nizhny-novgorod-oblast.csv").unwrap()).unwrap();
    let residents = (3_202_946.0 * scale) as u32;
    let places = shrink_places(&all, 3_202_946, residents);
    let mut settings = Settings::new(Region { places: "x".into(), residents });
    if args.len() > 4 {
        settings.service.kind = sim::settings::ServiceKind::Capacity;
        settings.service.rate_per_s = args[4].parse().unwrap();
    }
    let rule = passes::PurposeRule::lasting;
    let d = |m, day, h| jiff::civil::datetime(2020, m, day, h, 0, 0, 0);
    use passes::Purpose::*;
    let policy = passes::Policy::new(
        d(4, 2, 12),
        d(6, 12, 0),
        [
            (Groceries, rule(180)),
            (Pharmacy, rule(180)),
            (Doctor, rule(180)),
            (Pet, passes::PurposeRule::free()),
            (Rubbish, passes::PurposeRule::free()),
            (Work, rule(720)),
        ]
        .into(),
    );
    let calendar = demand::Calendar { start: jiff::civil::date(2020, 4, 2), days, utc_offset_min: 180 };
    let model = Model { settings: &settings, places: &places, calendar, policy: &policy, curve: None, seed: 20200402 };
    let t = Instant::now();
    let started = std::sync::Mutex::new(None);
    let last = std::sync::Mutex::new(Instant::now());
    let progress = |p: Progress| {
        if p.days_done == 0 {
            *started.lock().unwrap() = Some(Instant::now());
        } else if p.days_done < 4 {
            eprintln!("day {} {:.3}s", p.days_done, last.lock().unwrap().elapsed().as_secs_f64());
        }
        *last.lock().unwrap() = Instant::now();
    };
    let stop = AtomicBool::new(false);
    let options = Options { threads, shard: Shard::WHOLE, stop: &stop, progress: &progress };
    let s = simulate(&model, &options, &mut ()).unwrap();
    let all = t.elapsed().as_secs_f64();
    let run = started.lock().unwrap().unwrap().elapsed().as_secs_f64();
    let rd = s.residents as f64 * f64::from(days);
    let total = s.day_summaries.iter().fold(Counts::default(), |mut a, d| {
        a.add(&d.total());
        a
    });
    println!(
        "{} trips {} passes {} checks {} total {all:.3}s days {run:.3}s: {:.1} M/s  {:.1} ns  {total:?}",
        s.fingerprint,
        s.trips,
        s.passes,
        s.checks,
        rd / run / 1e6,
        run * 1e9 / rd
    );
    println!(
        "requests {:?} peak {:?} {:?}",
        s.day_summaries.iter().map(|d| d.requests).collect::<Vec<_>>().first(),
        s.demand.peak_of_all(),
        s.demand.peak(demand::RequestKind::Issue)
    );
    let rss = std::fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", rss.lines().find(|l| l.starts_with("VmHWM")).unwrap());
    println!("shops {:?}", s.fullest_shops);
}
