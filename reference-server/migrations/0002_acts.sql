-- Acts of administrators: proposals to revoke, the audit log, and counts of withdrawn passes for the public. The log and the counts are
-- never purged. As in `issued`, each process counts in rows of its own.

CREATE TABLE proposals (
    proposal    bytea PRIMARY KEY,
    passes      bytea NOT NULL,
    reason      text NOT NULL,
    proposed_by text NOT NULL,
    proposed_s  bigint NOT NULL,
    lapses_s    bigint NOT NULL,
    approved    boolean NOT NULL
);

CREATE TABLE audit (
    number  bigint PRIMARY KEY,
    at_s    bigint NOT NULL,
    done_by text NOT NULL,
    act     text NOT NULL,
    detail  text NOT NULL,
    hash    bytea NOT NULL
);

CREATE TABLE ended (
    day       integer NOT NULL,
    purpose   smallint NOT NULL,
    process   bigint NOT NULL,
    cancelled bigint NOT NULL,
    revoked   bigint NOT NULL,
    PRIMARY KEY (day, purpose, process)
);

CREATE INDEX passes_issued ON passes (issued_s);
