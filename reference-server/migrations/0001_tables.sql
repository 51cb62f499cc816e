-- Residents, passes, spent tokens and counts, as the embedded store has them; and the secret that all server processes share.

CREATE TABLE residents (
    resident     bytea PRIMARY KEY,
    registered_s bigint NOT NULL,
    channel      smallint NOT NULL,
    idempotency  bytea,
    checked_in_s bigint
);

-- A name of a pass holds 32 bits of its serial: the sequence ends where they do, and is not started again.
CREATE TABLE passes (
    serial        bigint GENERATED ALWAYS AS IDENTITY (MAXVALUE 4294967295 NO CYCLE) PRIMARY KEY,
    resident      bytea NOT NULL,
    valid_until_s bigint NOT NULL,
    valid_from_s  bigint NOT NULL,
    issued_s      bigint NOT NULL,
    purpose       smallint NOT NULL,
    random        bytea NOT NULL,
    cancelled     boolean NOT NULL DEFAULT false,
    revoked_s     bigint,
    idempotency   bytea NOT NULL,
    request       bytea NOT NULL
);
-- Whose passes: quotas and idempotency keys are questions about one resident's last passes.
CREATE INDEX holdings ON passes (resident, issued_s);
-- When passes were issued: in order, too.
CREATE INDEX issuing ON passes USING brin (issued_s) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX withdrawn ON passes (serial) WHERE cancelled OR revoked_s IS NOT NULL;
-- Passes end roughly in the order in which they were issued: a range index costs next to nothing and finds what is over.
CREATE INDEX ending ON passes USING brin (valid_until_s) WITH (pages_per_range = 16, autosummarize = on);

CREATE TABLE spent (
    token         bytea PRIMARY KEY,
    valid_until_s bigint NOT NULL
);

-- Each process counts in rows of its own; else all would wait for each other's commits there.
CREATE SEQUENCE processes;
CREATE TABLE issued (
    day     integer NOT NULL,
    purpose smallint NOT NULL,
    process bigint NOT NULL,
    passes  bigint NOT NULL,
    PRIMARY KEY (day, purpose, process)
);
CREATE TABLE totals (
    process   bigint PRIMARY KEY,
    residents bigint NOT NULL,
    passes    bigint NOT NULL
);

-- One row: what residents' names, tokens, passes' names and the signing key follow from.
CREATE TABLE secret (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    secret   bytea NOT NULL CHECK (length(secret) = 32)
);

-- What administrators do, and what was withdrawn.
CREATE TABLE proposals (
    proposal    bytea PRIMARY KEY,
    passes      bytea[] NOT NULL,
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
