-- Checks, where the operator has them logged (`lockgate serve --log-checks`); empty everywhere else.

CREATE TABLE checks (
    at_s    bigint NOT NULL,
    pass    bigint,
    officer text,
    place   text
);
-- Checks are added in the order of time.
CREATE INDEX checking ON checks USING brin (at_s) WITH (pages_per_range = 16, autosummarize = on);
