-- Incidents. What happened in one is its entries; the instants here repeat the newest of them, for
-- lists. `origin` names the outage that opened it, so that one opens no two incidents; `source` says
-- what opened it.
CREATE TABLE incident (
  id BIGINT NOT NULL PRIMARY KEY,
  contract TEXT NOT NULL,
  service TEXT NOT NULL,
  source TEXT NOT NULL,
  origin TEXT UNIQUE,
  opened_at BIGINT NOT NULL,
  recognised_at BIGINT,
  recovered_at BIGINT,
  closed_at BIGINT,
  entries BIGINT NOT NULL
);
CREATE INDEX incident_open ON incident (closed_at, opened_at);
-- The timeline: entries are added and never changed. `happened_at` may lie before `noted_at`. Bodies
-- are sealed, since they name people.
CREATE TABLE incident_entry (
  incident BIGINT NOT NULL,
  number BIGINT NOT NULL,
  happened_at BIGINT NOT NULL,
  noted_at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  sealed BYTEA NOT NULL,
  PRIMARY KEY (incident, number)
);
-- Reports: drafts in versions, and what was issued, which is frozen with its digest. `corrects` is the
-- number of the issued report that this one takes the place of.
CREATE TABLE incident_draft (
  incident BIGINT NOT NULL,
  version BIGINT NOT NULL,
  written_at BIGINT NOT NULL,
  sealed BYTEA NOT NULL,
  PRIMARY KEY (incident, version)
);
CREATE TABLE incident_report (
  incident BIGINT NOT NULL,
  number BIGINT NOT NULL,
  issued_at BIGINT NOT NULL,
  corrects BIGINT,
  digest TEXT NOT NULL,
  sealed BYTEA NOT NULL,
  PRIMARY KEY (incident, number)
);
