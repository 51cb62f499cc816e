//! What is said to the database.

use tokio_postgres::{Client, Error, Statement};

use super::ledger::HEAD;

/// Statements of the writer, prepared on its connection.
pub(super) struct Writes {
    pub(super) register: Statement,
    pub(super) lock_residents: Statement,
    pub(super) earlier: Statement,
    pub(super) lock_passes: Statement,
    pub(super) insert: Statement,
    pub(super) cancel: Statement,
    pub(super) spend: Statement,
    pub(super) check_in: Statement,
    pub(super) log_checks: Statement,
    pub(super) count_issued: Statement,
    pub(super) count_ended: Statement,
    pub(super) count_rows: Statement,
}

/// Statements that look something up. Preparing one locks its tables for what it does to them, so these are prepared by themselves: they
/// need not wait where only writes must.
pub(super) struct Reads {
    pub(super) earlier: Statement,
    pub(super) find: Statement,
    pub(super) latest_check_in: Statement,
    pub(super) withdrawn: Statement,
    pub(super) count: Statement,
    pub(super) issued: Statement,
    pub(super) ended: Statement,
    pub(super) issued_between: Statement,
    pub(super) proposals: Statement,
    pub(super) audit_log: Statement,
    pub(super) audit_head: Statement,
}

impl Writes {
    pub(super) async fn prepare(client: &Client) -> Result<Self, Error> {
        Ok(Writes {
            register: client.prepare(REGISTER).await?,
            lock_residents: client.prepare(LOCK_RESIDENTS).await?,
            earlier: client.prepare(EARLIER).await?,
            lock_passes: client.prepare(LOCK_PASSES).await?,
            insert: client.prepare(INSERT).await?,
            cancel: client.prepare("UPDATE passes SET cancelled = true WHERE serial = ANY($1::bigint[])").await?,
            spend: client.prepare(SPEND).await?,
            check_in: client.prepare(CHECK_IN).await?,
            log_checks: client.prepare(LOG_CHECKS).await?,
            count_issued: client.prepare(COUNT_ISSUED).await?,
            count_ended: client.prepare(COUNT_ENDED).await?,
            count_rows: client.prepare(COUNT_ROWS).await?,
        })
    }
}

impl Reads {
    pub(super) async fn prepare(client: &Client) -> Result<Self, Error> {
        Ok(Reads {
            earlier: client.prepare(EARLIER).await?,
            find: client.prepare(FIND).await?,
            latest_check_in: client.prepare("SELECT checked_in_s FROM residents WHERE resident = $1").await?,
            withdrawn: client.prepare(WITHDRAWN).await?,
            count: client.prepare(COUNT).await?,
            issued: client.prepare(ISSUED).await?,
            ended: client.prepare(ENDED).await?,
            issued_between: client.prepare(ISSUED_BETWEEN).await?,
            proposals: client.prepare("SELECT * FROM proposals WHERE lapses_s > $1 ORDER BY proposal").await?,
            audit_log: client.prepare("SELECT * FROM audit WHERE number > $1 ORDER BY number LIMIT $2").await?,
            audit_head: client.prepare(HEAD).await?,
        })
    }
}

/// Keys come in ascending order in whatever waits for other processes, so that no two wait for each other.
const REGISTER: &str = "
    INSERT INTO residents (resident, registered_s, channel, idempotency)
    SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::smallint[], $4::bytea[])
    ON CONFLICT DO NOTHING RETURNING resident";

/// Whoever decides about a resident holds the resident's row until the decision is committed. Foreign keys, were there any, would
/// not be in the way.
const LOCK_RESIDENTS: &str = "
    SELECT resident, idempotency FROM residents WHERE resident = ANY($1::bytea[])
    ORDER BY resident FOR NO KEY UPDATE";

const EARLIER: &str = "
    SELECT kept.serial, kept.random, kept.purpose, kept.valid_from_s, kept.valid_until_s, kept.resident, kept.cancelled,
           kept.idempotency, kept.request, kept.issued_s
    FROM unnest($1::bytea[], $2::bigint[]) AS asked (resident, since_s),
         LATERAL (SELECT * FROM passes WHERE passes.resident = asked.resident AND passes.issued_s >= asked.since_s) AS kept
    ORDER BY kept.serial DESC";

const LOCK_PASSES: &str = "
    SELECT serial, random, resident, purpose, cancelled, revoked_s IS NOT NULL FROM passes WHERE serial = ANY($1::bigint[])
    ORDER BY serial FOR NO KEY UPDATE";

const INSERT: &str = "
    INSERT INTO passes (resident, valid_until_s, valid_from_s, issued_s, purpose, random, idempotency, request)
    SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::smallint[], $6::bytea[], $7::bytea[],
                         $8::bytea[])
    RETURNING serial, resident, idempotency";

const SPEND: &str = "
    INSERT INTO spent SELECT * FROM unnest($1::bytea[], $2::bigint[]) ON CONFLICT DO NOTHING RETURNING token";

const CHECK_IN: &str = "
    UPDATE residents SET checked_in_s = asked.at_s FROM unnest($1::bytea[], $2::bigint[]) AS asked (resident, at_s)
    WHERE residents.resident = asked.resident";

const LOG_CHECKS: &str = "
    INSERT INTO checks SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[])";

const COUNT_ISSUED: &str = "
    INSERT INTO issued SELECT day, purpose, $1, passes FROM unnest($2::integer[], $3::smallint[], $4::bigint[])
        AS counted (day, purpose, passes)
    ON CONFLICT (day, purpose, process) DO UPDATE SET passes = issued.passes + excluded.passes";

const COUNT_ENDED: &str = "
    INSERT INTO ended SELECT day, purpose, $1, cancelled, revoked
        FROM unnest($2::integer[], $3::smallint[], $4::bigint[], $5::bigint[]) AS counted (day, purpose, cancelled, revoked)
    ON CONFLICT (day, purpose, process) DO UPDATE SET cancelled = ended.cancelled + excluded.cancelled,
                                                      revoked = ended.revoked + excluded.revoked";

pub(super) const COUNT_ROWS: &str = "
    INSERT INTO totals VALUES ($1, $2, $3)
    ON CONFLICT (process) DO UPDATE SET residents = totals.residents + excluded.residents,
                                        passes = totals.passes + excluded.passes";

const FIND: &str = "
    SELECT serial, random, purpose, valid_from_s, valid_until_s, resident, cancelled, revoked_s
    FROM passes WHERE serial = $1";

const WITHDRAWN: &str = "
    SELECT serial, revoked_s IS NOT NULL FROM passes
    WHERE (cancelled OR revoked_s IS NOT NULL) AND valid_until_s > $1 ORDER BY serial";

/// Passes are live to the hour, as the embedded store counts them.
const COUNT: &str = "
    SELECT coalesce(sum(residents), 0)::bigint, coalesce(sum(passes), 0)::bigint,
           (SELECT count(*) FROM passes WHERE valid_until_s > $1::bigint / 3600 * 3600),
           (SELECT sum(pg_total_relation_size(table_name)) FROM unnest('{residents,passes,spent,checks,issued}'::regclass[])
                AS tables (table_name))::bigint
    FROM totals";

const ISSUED: &str = "
    SELECT day, purpose, sum(passes)::bigint FROM issued GROUP BY day, purpose ORDER BY day, purpose";

const ENDED: &str = "
    SELECT day, purpose, sum(cancelled)::bigint, sum(revoked)::bigint FROM ended
    GROUP BY day, purpose ORDER BY day, purpose";

/// Of the passes issued in a time, at most so many, in order.
const ISSUED_BETWEEN: &str = "
    SELECT serial, random, purpose, valid_until_s, revoked_s IS NOT NULL FROM passes
    WHERE issued_s >= $1 AND issued_s < $2 ORDER BY serial LIMIT $3";
