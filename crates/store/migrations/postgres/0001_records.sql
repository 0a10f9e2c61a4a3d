-- Names of people and programs are sealed; `…_index` columns are keyed hashes to find them by.
-- Instants are microseconds since 1970-01-01 UTC.
CREATE TABLE account (
  kind BIGINT NOT NULL,
  name_index BYTEA NOT NULL,
  name BYTEA NOT NULL,
  password_hash TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (kind, name_index)
);
CREATE TABLE session (
  token_index BYTEA NOT NULL PRIMARY KEY,
  name_index BYTEA NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX session_name ON session (name_index);
CREATE TABLE sign_in_try (
  subject_index BYTEA NOT NULL,
  tried_at BIGINT NOT NULL
);
CREATE INDEX sign_in_try_subject ON sign_in_try (subject_index, tried_at);

CREATE TABLE domain (
  name TEXT NOT NULL PRIMARY KEY,
  created_at BIGINT NOT NULL
);
CREATE TABLE domain_key (
  domain TEXT NOT NULL,
  selector TEXT NOT NULL,
  algorithm BIGINT NOT NULL,
  sealed_key BYTEA NOT NULL,
  PRIMARY KEY (domain, selector)
);

-- Which relay tells; its number is part of every delivery key.
CREATE TABLE node (
  id BIGINT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
-- How far each journal of facts has been recorded.
CREATE TABLE journal (
  name TEXT NOT NULL PRIMARY KEY,
  place TEXT NOT NULL
);
-- The UTC days (since 1970-01-01) that have tables `delivery_YYYYMMDD` and `attempt_YYYYMMDD`.
CREATE TABLE day (
  day BIGINT NOT NULL PRIMARY KEY
);
-- Facts told in a slot of 60 or 3,600 seconds; `slot` is its first second.
CREATE TABLE slot_total (
  span BIGINT NOT NULL,
  slot BIGINT NOT NULL,
  composition TEXT NOT NULL,
  kind BIGINT NOT NULL,
  total BIGINT NOT NULL,
  PRIMARY KEY (span, slot, composition, kind)
);
-- The same by recipient domain, in slots of 3,600 or 86,400 seconds.
CREATE TABLE slot_domain (
  span BIGINT NOT NULL,
  slot BIGINT NOT NULL,
  composition TEXT NOT NULL,
  to_domain TEXT NOT NULL,
  queued BIGINT NOT NULL,
  deferred BIGINT NOT NULL,
  succeeded BIGINT NOT NULL,
  failed BIGINT NOT NULL,
  suppressed BIGINT NOT NULL,
  PRIMARY KEY (span, slot, composition, to_domain)
);
