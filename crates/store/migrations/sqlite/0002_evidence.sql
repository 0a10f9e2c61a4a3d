-- What a probe of ours saw: a run of equal measurements, none more than two paces after the one
-- before. `answer` is 0 for none, 1 for a refusal, 2 for what was asked for; `pace` is in seconds.
CREATE TABLE observation (
  probe TEXT NOT NULL,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  pace BIGINT NOT NULL,
  answer BIGINT NOT NULL,
  total BIGINT NOT NULL,
  PRIMARY KEY (probe, first_at)
) WITHOUT ROWID;
-- Events of imported logs but for measurements; an event is kept once. Bodies are sealed, since
-- they name people. `until_at` is the largest number while an event is open.
CREATE TABLE contract_event (
  contract TEXT NOT NULL,
  digest BLOB NOT NULL,
  kind TEXT NOT NULL,
  from_at BIGINT NOT NULL,
  until_at BIGINT NOT NULL,
  sealed BLOB NOT NULL,
  imported_at BIGINT NOT NULL,
  PRIMARY KEY (contract, digest)
);
CREATE INDEX contract_event_span ON contract_event (contract, until_at, from_at);
-- Measurements of imported logs: those of one UTC day (since 1970-01-01) of one function from one
-- site, as lines of a log.
CREATE TABLE measured_day (
  contract TEXT NOT NULL,
  day BIGINT NOT NULL,
  function TEXT NOT NULL,
  site TEXT NOT NULL,
  lines TEXT NOT NULL,
  imported_at BIGINT NOT NULL,
  PRIMARY KEY (contract, day, function, site)
) WITHOUT ROWID;
